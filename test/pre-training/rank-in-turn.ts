/** One process of several that make some runs of pre-training together: prints the course of each. */
import "../support/one-thread.js";

import { makeRunsInTurn } from "../support/runs-in-turn.js";
import { courseOf } from "./course.js";

await makeRunsInTurn(courseOf);
