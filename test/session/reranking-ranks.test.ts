import "../support/one-thread.js";

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runRanksInTurn } from "../support/ranks.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { fineTuneOutcome, type Outcome } from "./fine-tune-outcome.js";
import { listsOf } from "./rankings.js";
import { tinyRun } from "./support.js";

const IN_TURN = fileURLToPath(new URL("fine-tune-in-turn.js", import.meta.url));

test("2 and 3 processes learn from lists what one does, by either loss: a list is on one rank, and losses are means over all", async () => {
  const train = join(temporaryDirectory(), "train.jsonl");
  const rows = listsOf(20); // the last update has 8 rows
  writeFileSync(train, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const texts = [{ query: "the film", document: "the story was good" }];
  const runs = ["binary-cross-entropy", "list-net"].map((loss) => ({
    ...{ ...tinyRun, task: "reranking", train, validation: train, epochs: 2, batchSize: 12, loss },
  }));
  for (const size of [2, 3]) {
    const options = runs.map((run) => () => ({ ...run, batchSize: 12 / size, microBatchSize: 2, texts }));
    const ended = (await runRanksInTurn(IN_TURN, options, size)) as Outcome[][];
    for (const [index, run] of runs.entries()) {
      const alone = await fineTuneOutcome(run, texts);
      for (const { losses, metrics } of ended[index]!) {
        // The ranks' sums are rounded in another order.
        assertClose(losses, alone.losses, { relative: 1e-5 }, `${run.loss} on ${size} ranks`);
        assert.equal(metrics.ndcgAt10, alone.metrics.ndcgAt10);
      }
    }
  }
});
