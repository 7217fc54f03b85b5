import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type FineTuneEvent, type FineTuneOptionsByTask, fineTune, loadModel } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { rowsOf, tinyRun } from "./support.js";

const directory = temporaryDirectory();

/** Rows with the wrong labels: the better a state knows the training rows, the worse it does on these. */
const validation = rowsOf(40, 1001).map(({ text, label }) => ({
  text,
  label: label === "positive" ? "negative" : "positive",
}));

/** Whatever the processor's rounding, its last state is not its best. */
const worsening: FineTuneOptionsByTask["classification"] = {
  ...tinyRun,
  train: rowsOf(90),
  validation,
  epochs: 12,
};

test("loadBest ends with the weights of the best evaluation, and saves these", async () => {
  const outputDir = join(directory, "best");
  await using model = await fineTune({ ...worsening, loadBest: true, metric: "loss", outputDir });
  const losses = model.history!.evaluations.map(
    ({ metrics }) => (metrics as unknown as { loss: number }).loss,
  );
  const best = Math.min(...losses);
  assert.ok(best < losses.at(-1)!, "a run whose last state is its best would show nothing");
  assert.equal(model.training!.metrics!.loss, best);
  assert.equal(model.training!.bestStep, model.history!.evaluations[losses.indexOf(best)]!.step);
  assert.equal((await model.evaluate(validation)).loss, best);
  await using again = await loadModel(outputDir, { task: "classification", dtype: "float32" });
  assert.equal((await again.evaluate(validation)).loss, best);
});

test("without loadBest the last state stays", async () => {
  await using model = await fineTune(worsening);
  const last = model.history!.evaluations.at(-1)!.metrics;
  for (const evaluation of [model.training!.metrics!, await model.evaluate(validation)]) {
    const { report: _, ...figures } = evaluation;
    assert.deepEqual(figures, last);
  }
  assert.equal(model.training!.bestStep, model.training!.steps);
});

test("patience ends the run after so many evaluations without a better metric, with the best state", async () => {
  await using model = await fineTune({ ...worsening, epochs: 40, metric: "loss", patience: 2 });
  const { evaluations } = model.history!;
  const losses = evaluations.map(({ metrics }) => (metrics as unknown as { loss: number }).loss);
  const best = losses.indexOf(Math.min(...losses));
  assert.equal(model.training!.stoppedEarly, true);
  assert.equal(evaluations.length, best + 3, "two more evaluations after the best one");
  assert.equal(model.training!.steps, evaluations.at(-1)!.step);
  assert.equal(model.training!.metrics!.loss, losses[best]);
});

test("several seeds give each run's metrics, their spread, and the best model", async () => {
  const events: FineTuneEvent[] = [];
  const outputDir = join(directory, "seeds");
  const { seed: _, ...seedless } = worsening;
  const options = { ...seedless, epochs: 2, metric: "loss", outputDir, seeds: [1, 2, 3] };
  await using model = await fineTune({ ...options, onProgress: (event) => events.push(event) });
  const { seeds, metrics, seed } = model.training!;
  const losses = seeds!.runs.map((run) => (run.metrics as unknown as { loss: number }).loss);
  assert.equal(new Set(losses).size, 3, "each seed trains another model");
  assert.equal(metrics!.loss, Math.min(...losses));
  assert.equal(seed, seeds!.runs[losses.indexOf(Math.min(...losses))]!.seed);
  const mean = losses.reduce((sum, loss) => sum + loss) / 3;
  assert.ok(Math.abs(seeds!.spread.loss!.mean - mean) < 1e-12);
  assert.deepEqual(events.filter(({ type }) => type === "seed").length, 3);
  await using saved = await loadModel(outputDir, { task: "classification", dtype: "float32" });
  assert.equal((await saved.evaluate(validation)).loss, metrics!.loss);

  await using alone = await fineTune({ ...worsening, epochs: 2, metric: "loss", loadBest: true, seed });
  assert.equal((await alone.evaluate(validation)).loss, metrics!.loss, "a seed does the same alone");
});

for (const option of [
  { patience: 2 },
  { seeds: [1, 2] },
  { metric: "accuracy" },
  { loadBest: true },
  { evaluateEvery: 5 },
]) {
  const [name] = Object.keys(option);
  test(`${name} without validation rows is refused by name`, async () => {
    const { seed: _, ...seedless } = tinyRun;
    await assert.rejects(fineTune({ ...seedless, train: rowsOf(32), ...option }), {
      code: "ERR_OPTION",
      message: `Expected rows to evaluate on, which ${name} needs, for validation but received undefined`,
    });
  });
}

test("a seed beside several is refused: one of them would mean nothing", async () => {
  await assert.rejects(fineTune({ ...worsening, seeds: [1, 2] }), {
    code: "ERR_OPTION",
    option: "seed",
    message: /^Expected no value beside seeds .* for seed but received 3$/,
  });
});

test("an unknown metric is refused with those that the task has", async () => {
  await assert.rejects(fineTune({ ...worsening, metric: "f2" }), {
    code: "ERR_OPTION",
    message: /^Expected one of accuracy, f1, macroF1, .*loss for metric but received "f2"$/,
  });
});
