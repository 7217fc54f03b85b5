/** One process of several that fine-tune together on one row, for every task: prints what it came to. */
import "../support/one-thread.js";

import { fewRowsCourses } from "./few-rows.js";

console.log(JSON.stringify(await fewRowsCourses(1)));
