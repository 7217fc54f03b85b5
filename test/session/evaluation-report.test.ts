import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fineTune, type Model } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { rowsOf, tinyRun } from "./support.js";

const outputDir = join(temporaryDirectory(), "tuned");
const validation = [
  ...rowsOf(60, 1001),
  { text: "the film was good", label: "negative" },
  { text: "x".repeat(2000), label: "negative" },
];

let model: Model<"classification">;
before(async () => {
  model = await fineTune({ ...tinyRun, train: rowsOf(90), validation, epochs: 5, outputDir });
});
after(() => model?.dispose());

test("the confusion matrix and the labels' scores are those of the predictions", async () => {
  const predictions = await model.predict(validation.map(({ text }) => text));
  const { report, accuracy } = await model.evaluate(validation);
  const count = (expected: string, predicted: string) =>
    validation.filter(({ label }, row) => label === expected && predictions[row]!.label === predicted).length;
  const matrix = model.labels.map((expected) => model.labels.map((predicted) => count(expected, predicted)));
  assert.deepEqual(report.confusionMatrix, matrix);
  assert.ok(accuracy > 0.8 && accuracy < 1, `accuracy ${accuracy}: without mistakes this would show little`);
  const [[truly, falsely], [missed, found]] = matrix as [[number, number], [number, number]];
  const [negative, positive] = report.labels;
  assert.deepEqual([negative!.label, positive!.label], ["negative", "positive"]);
  assertClose(
    [positive!.precision, positive!.recall],
    [found / (found + falsely), found / (found + missed)],
    {
      relative: 1e-15,
    },
  );
  assert.deepEqual([negative!.support, positive!.support], [truly + falsely, missed + found]);
});

test("calibration counts every row in the bin of its confidence", async () => {
  const predictions = await model.predict(validation.map(({ text }) => text));
  const { bins, expectedCalibrationError } = (await model.evaluate(validation)).report.calibration;
  assert.equal(bins.length, 15);
  for (const { from, to, count } of bins)
    assert.equal(count, predictions.filter(({ score }) => score > from && score <= to).length);
  assert.ok(expectedCalibrationError >= 0 && expectedCalibrationError < 1);
});

test("the worst mistakes come first, with texts that are not too long", async () => {
  const { worstMistakes } = (await model.evaluate(validation)).report;
  const losses = worstMistakes.map(({ loss }) => loss);
  assert.deepEqual(
    losses,
    [...losses].sort((a, b) => b - a),
  );
  const wrong = worstMistakes.find(({ text }) => text === "the film was good")!;
  assert.equal(wrong.expected, "negative");
  assert.equal(wrong.predicted, "positive");
  assert.equal(wrong.location, "source, row 61");
  assert.ok(worstMistakes.every(({ expected, predicted }) => expected !== predicted));
  assert.ok(worstMistakes.every(({ text }) => text.length <= 500));
});

test("training_report.json has the report of the saved weights; the history has figures alone", async () => {
  const saved = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  assert.deepEqual(saved.metrics, model.training!.metrics);
  assert.deepEqual(
    saved.metrics.report.confusionMatrix,
    (await model.evaluate(validation)).report.confusionMatrix,
  );
  for (const { metrics } of saved.history.evaluations) assert.ok(!("report" in metrics));
});
