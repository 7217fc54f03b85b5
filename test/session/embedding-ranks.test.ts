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
import { rowsOf, tinyRun } from "./support.js";

const IN_TURN = fileURLToPath(new URL("fine-tune-in-turn.js", import.meta.url));
const TEXTS = ["the film was good"];

const folder = temporaryDirectory();
const rows = rowsOf(43).map(({ text }) => ({ anchor: text, positive: text.replace("the ", "a ") }));
const train = join(folder, "train.jsonl");
writeFileSync(train, rows.map((row) => `${JSON.stringify(row)}\n`).join("")); // the last update has 11 rows
const run = { ...tinyRun, task: "embedding", train, validation: train, epochs: 2, learningRate: 1e-3 };

test("each anchor looks for its positive among those of all ranks: 2 and 4 processes train as one with as many rows, and mine the same negatives", async () => {
  // Such small steps that what is rounded in another order never changes which text is nearer.
  const mining = { ...run, learningRate: 1e-7, numNegatives: 2, rangeMin: 1 };
  const alone = [await fineTuneOutcome(run, TEXTS), await fineTuneOutcome(mining, TEXTS)];
  for (const [size, more] of [
    [2, {}],
    [4, { microBatchSize: 3 }],
  ] as const) {
    const options = [run, mining].map((of) => () => ({
      ...{ ...of, ...more },
      ...{ batchSize: 16 / size, texts: TEXTS },
    }));
    const together = (await runRanksInTurn(IN_TURN, options, size)) as Outcome[][];
    for (const [index, wanted] of alone.entries())
      for (const { losses, metrics } of together[index]!) {
        // The ranks' sums are rounded in another order.
        assertClose(losses, wanted.losses, { relative: 1e-5 }, `${size} ranks, run ${index}`);
        assert.equal(metrics.mrrAt10, wanted.metrics.mrrAt10);
      }
  }
});
