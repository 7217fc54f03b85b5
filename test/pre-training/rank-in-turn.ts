/** One process of several that make some runs of pre-training together: prints the losses and metrics of each. */
import "../support/one-thread.js";

import { type RunOptions, run } from "../support/pretraining-runs.js";
import { makeRunsInTurn } from "../support/runs-in-turn.js";

await makeRunsInTurn(async (options: RunOptions) => {
  const { losses, result } = await run(options);
  return { losses, metrics: result.metrics };
});
