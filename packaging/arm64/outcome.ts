/**
 * Prints, as JSON, what a short training of the tiny model comes to: the loss of every update, and the scores that the model then
 * gives. Dropout, the order of the rows and new weights are drawn alike on every processor.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fineTune } from "../../lib/index.js";
import { rowsOf, tinyRun } from "../../test/session/support.js";

/** What is compared. */
export interface Outcome {
  losses: number[];
  scores: number[];
}

const rows = rowsOf(90);
const outputDir = mkdtempSync(join(tmpdir(), "libbert-outcome-"));
const losses: number[] = [];
try {
  const model = await fineTune({
    ...tinyRun,
    epochs: 10,
    train: rows,
    outputDir,
    overwrite: true,
    onProgress: (event) => {
      if (event.type === "step") losses.push(event.loss);
    },
  });
  const predictions = await model.predict(rows.map(({ text }) => text));
  await model.dispose();
  const scores = predictions.map(({ scores }) => scores.positive!);
  console.log(JSON.stringify({ losses, scores } satisfies Outcome));
} finally {
  rmSync(outputDir, { recursive: true, force: true });
}
