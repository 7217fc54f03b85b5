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

test("each anchor looks for its positive among those of all ranks: 2 and 4 processes train as one with as many rows", async () => {
  const train = join(temporaryDirectory(), "train.jsonl");
  const rows = rowsOf(43).map(({ text }) => ({ anchor: text, positive: text.replace("the ", "a ") }));
  writeFileSync(train, rows.map((row) => `${JSON.stringify(row)}\n`).join("")); // the last update has 11 rows
  const run = { ...tinyRun, task: "embedding", train, validation: train, epochs: 2, learningRate: 1e-3 };
  const alone = await fineTuneOutcome(run, TEXTS);
  for (const [size, more] of [
    [2, {}],
    [4, { microBatchSize: 3 }],
  ] as const) {
    const options = () => ({ ...run, ...more, batchSize: 16 / size, texts: TEXTS });
    const [together] = (await runRanksInTurn(IN_TURN, [options], size)) as Outcome[][];
    for (const { losses, metrics } of together!) {
      // The ranks' sums are rounded in another order.
      assertClose(losses, alone.losses, { relative: 1e-5 }, `${size} ranks`);
      assert.equal(metrics.mrrAt10, alone.metrics.mrrAt10);
    }
  }
});
