import "../support/one-thread.js";

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { goldenPath } from "../support/golden.js";
import { runRanksInTurn } from "../support/ranks.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { fineTuneOutcome, type Outcome } from "./fine-tune-outcome.js";
import { modelOfVectors } from "./rankings.js";
import { rowsOf, tinyRun } from "./support.js";

const IN_TURN = fileURLToPath(new URL("fine-tune-in-turn.js", import.meta.url));
const TEXTS = ["the film was good", "a story"];

test("2 processes learn from pairs of few rows, and from teachers of vectors and of labels, what one does with twice the batch", async () => {
  const folder = temporaryDirectory();
  const train = join(folder, "train.jsonl");
  writeFileSync(
    train,
    rowsOf(22)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(""),
  ); // the last update is smaller
  const pairs = join(folder, "pairs.jsonl");
  const scored = rowsOf(6).map(({ text }) => ({ anchor: text, positive: text.replace("the ", "a ") }));
  writeFileSync(pairs, scored.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const labelled = { ...tinyRun, train, validation: train };
  const vectors = modelOfVectors();
  const runs = [
    { ...labelled, method: "contrastive", pairsPerRow: 2 },
    { ...labelled, teacher: goldenPath("tiny-bert"), labels: undefined, layers: 1 },
    { ...tinyRun, task: "embedding", model: vectors, teacher: vectors, layers: 1, train, validation: pairs },
  ];
  const options = runs.map((run) => () => ({ ...run, batchSize: 8, microBatchSize: 3, texts: TEXTS }));
  const ended = (await runRanksInTurn(IN_TURN, options, 2)) as Outcome[][];
  for (const [index, run] of runs.entries()) {
    const alone = await fineTuneOutcome(run, TEXTS);
    for (const { losses, predictions } of ended[index]!) {
      // The ranks' sums are rounded in another order.
      assertClose(losses, alone.losses, { relative: 1e-5 }, JSON.stringify(run));
      assertClose(numbersIn(predictions), numbersIn(alone.predictions), { absolute: 1e-4 });
    }
    assert.ok(alone.losses.length >= 2);
  }
});

/** All numbers of some predictions, in their order. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
