/**
 * One process of several that fine-tune together: prints what the training came to, and what the model predicts.
 *
 *     node fine-tune-rank.js '<options of fineTune>' '<texts>'
 */
import "../support/one-thread.js";

import { fineTuneOutcome } from "./fine-tune-outcome.js";

const [options, texts] = process.argv.slice(2).map((text) => JSON.parse(text));
console.log(JSON.stringify(await fineTuneOutcome(options, texts)));
