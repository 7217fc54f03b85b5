import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { calibrationLines } from "../../lib/calibration/report-text.js";
import { readCalibration } from "../../lib/checkpoint/calibration-file.js";
import { convertModel } from "../../lib/checkpoint/convert-model.js";
import { openOutputDirectory } from "../../lib/files/output-directory.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import type { FineTuneOptions } from "../../lib/index.js";
import { exportOnnx } from "../../lib/onnx/export-model.js";
import { checkCalibratable } from "../../lib/session/calibrate.js";
import { loadSaved } from "../../lib/session/load-saved.js";
import type { TaskName, TypesOf } from "../../lib/tasks/find-spec.js";
import type { TaskModel } from "../../lib/tasks/task-model.js";
import { settingsOf } from "../fine-tuning/settings.js";
import { runOnnx } from "../onnx/run-onnx.js";
import { rowsOf, TINY } from "../session/support.js";
import { goldenPath } from "../support/golden.js";
import { taggedRows, tinyTagging } from "../support/tagged-rows.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";

const FILE = "libbert_calibration.json";
const run = {
  model: TINY,
  maxSeqLength: 32,
  learningRate: 5e-3,
  seed: 3,
  epochs: 3,
  dtype: "float32",
} as const;
const texts = rowsOf(60).map(({ text }) => text);
const models: TaskModel[] = [];
after(() => {
  for (const model of models) model.dispose();
});

/** A model that is trained in this thread, and rows to calibrate it on: those of its training. */
async function trained<Task extends TaskName>(options: FineTuneOptions & { task: Task; train: object[] }) {
  const { model } = await fineTune(settingsOf(options), { emit() {} });
  models.push(model);
  const rows = await model.read(options.train as never, { name: "rows" });
  const predict = async (inputs: unknown[], raw = false) =>
    (await model.predict(inputs, { raw })) as TypesOf<Task>["prediction"][];
  const evaluate = async () => (await model.evaluate(rows)) as TypesOf<Task>["evaluation"];
  return { model, rows, predict, evaluate };
}

test("multi-label predicts the same labels, by its own thresholds, with other scores", async () => {
  const train = rowsOf(60).map(({ text, label }, row) => ({ text, labels: row % 5 === 0 ? [] : [label] }));
  const { model, rows, predict, evaluate } = await trained({
    ...run,
    task: "multi-label",
    train,
    threshold: 0.4,
  });
  const raw = { predictions: await predict(texts), loss: (await evaluate()).loss };
  const { temperature, decisions, loss } = await model.calibrate(rows, {});
  assert.ok(temperature !== 1 && decisions === 120);
  assertClose([loss!.before, loss!.after], [raw.loss, (await evaluate()).loss], { relative: 1e-5 });
  const predictions = await predict(texts);
  for (const [row, { labels, scores }] of predictions.entries()) {
    const before = raw.predictions[row]!;
    assert.deepEqual(labels, before.labels);
    assertClose([logitOf(scores.positive!)], [logitOf(before.scores.positive!) / temperature!], {
      absolute: 1e-9,
    });
  }
  assert.ok(predictions.some(({ labels, scores }) => labels.some((label) => scores[label]! < 0.5)));
});

const logitOf = (share: number) => Math.log(share / (1 - share));

test("token-classification finds the same entities, with other scores", async () => {
  // The tags of every fifth row are wrong: no model is right about all.
  const train = taggedRows(80).map(({ tokens, tags }, row) => ({
    tokens,
    tags: row % 5 === 0 ? tags.map(() => "O") : tags,
  }));
  const inputs = train.map(({ tokens }) => tokens);
  const { model, rows, predict, evaluate } = await trained({
    ...tinyTagging,
    epochs: 12,
    train,
  });
  const raw = { entities: await predict(inputs), loss: (await evaluate()).loss };
  const { loss } = await model.calibrate(rows, {});
  assertClose([loss!.before, loss!.after], [raw.loss, (await evaluate()).loss], { relative: 1e-5 });
  const entities = await predict(inputs);
  const withoutScores = (all: typeof entities) => all.map((some) => some.map(({ score: _, ...own }) => own));
  assert.deepEqual(withoutScores(entities), withoutScores(raw.entities));
  assert.notDeepEqual(entities, raw.entities);
  assert.deepEqual(await predict(inputs, true), raw.entities);
});

test("multiple-choice chooses the same, abstains and gives sets of choices", async () => {
  const train = rowsOf(60).map(({ text }, row) => ({
    context: text,
    choices: ["good", "bad", "slow"],
    label: row % 4 === 0 ? 0 : 1,
  }));
  const { model, rows, predict, evaluate } = await trained({ ...run, task: "multiple-choice", train });
  const { loss: before, accuracy } = await evaluate();
  const found = await model.calibrate(rows, { precision: 0.7, coverage: 0.9, sets: "aps" });
  const after = await evaluate();
  assertClose([found.loss!.before, found.loss!.after], [before, after.loss], { relative: 1e-6 });
  assert.equal(after.accuracy, accuracy);
  const predictions = await predict(train);
  const holding = predictions.filter((one, row) => one.predictionSet!.includes(train[row]!.label));
  assert.ok(holding.length >= 0.9 * 60);
  assert.equal(predictions.filter(({ abstained }) => !abstained).length, found.abstention!.used);
});

test("a regression's intervals hold what is right as often as wanted", async () => {
  const train = rowsOf(60).map(({ text, label }, row) => ({
    text,
    score: (label === "positive" ? 1 : -1) + (row % 3),
  }));
  const { model, rows, predict, evaluate } = await trained({ ...run, task: "regression", train });
  const { interval } = await model.calibrate(rows, { coverage: 0.8 });
  const predictions = await predict(texts);
  const isWithin = ([low, high]: [number, number], score: number) => low <= score && score <= high;
  const holding = predictions.filter((one, row) => isWithin(one.interval!, train[row]!.score));
  assert.equal(holding.length, Math.ceil(61 * 0.8));
  const [{ score, interval: ends }] = predictions as [(typeof predictions)[0]];
  assert.deepEqual(ends, [score - interval!.halfWidth, score + interval!.halfWidth]);
  const { report } = await evaluate();
  assert.deepEqual(report.interval, { coverage: holding.length / 60 });
  assert.equal((await predict(texts, true))[0]!.interval, undefined);
});

/** tiny-bert in a new folder, calibrated on its own predictions, of which every fourth is called wrong. */
async function calibratedFolder(): Promise<string> {
  const folder = join(temporaryDirectory(), "calibrated");
  const { model } = (await loadSaved(TINY, { device: "cpu", dtype: "float32" })) as { model: TaskModel };
  models.push(model);
  const predictions = (await model.predict(texts, {})) as { label: string }[];
  const { labels } = model.config;
  const rows = predictions.map(({ label }, row) => ({
    text: texts[row]!,
    label: row % 4 === 0 ? labels[(labels.indexOf(label) + 1) % 3]! : label,
  }));
  await model.calibrate(await model.read(rows, { name: "rows" }), { precision: 0.5, coverage: 0.9 });
  using output = await openOutputDirectory(folder, { overwrite: false });
  await model.save(output);
  return folder;
}

test("what is stored is of the files of weights that it is stored with, converted ones too; else it is refused, and so is a damaged file", async () => {
  const folder = await calibratedFolder();
  const path = join(folder, FILE);
  const text = readFileSync(path, "utf8");
  const stored = await readCalibration(folder);
  assert.equal(stored!.task, "classification");
  const converted = join(temporaryDirectory(), "converted");
  {
    using output = await openOutputDirectory(converted, { overwrite: false });
    await convertModel(folder, output, { notify() {}, signal: new AbortController().signal });
  }
  assert.deepEqual(await readCalibration(converted), stored);

  const refuses = async (content: string, why: string) => {
    writeFileSync(path, content);
    const cure = "calibrate the model again (libbert calibrate), or remove the file";
    await assert.rejects(readCalibration(folder), {
      code: "ERR_CHECKPOINT",
      message: `${path} ${why}: ${cure}`,
    });
  };
  const other = text.replace(/"precision": 0.5/, '"precision": 0.6');
  assert.notEqual(other, text);
  for (const damaged of ["{", "[]", "{}", other, text.slice(0, -9)]) await refuses(damaged, "is damaged");
  cpSync(goldenPath("tiny-bert/model.safetensors"), join(folder, "model.safetensors"));
  await refuses(text, "is of other weights than model.safetensors");
  assert.equal(await readCalibration(TINY), null);
});

test("the graph of an export has the temperature in it, and says what it has not; a model that is saved over it leaves no calibration", async () => {
  const folder = await calibratedFolder();
  const { model } = (await loadSaved(folder, { device: "cpu", dtype: "float32" })) as { model: TaskModel };
  models.push(model);
  const sequences = [{ inputIds: [2, 5, 6, 3], tokenTypeIds: [0, 0, 0, 0] }];
  const graphs = await Promise.all(
    [model, model.calibration!].map(async (_, index) => {
      const directory = join(temporaryDirectory(), "onnx");
      using output = await openOutputDirectory(directory, { overwrite: false });
      const toSave = index === 0 ? model.toSave() : { ...model.toSave(), calibration: null };
      const { notices } = await exportOnnx(output, toSave, ["fp32"]);
      const { logits } = await runOnnx(join(directory, "onnx/model.onnx"), { sequences, paddingId: 0 });
      return { notices, logits: logits!.values };
    }),
  );
  const [calibrated, plain] = graphs as [(typeof graphs)[0], (typeof graphs)[0]];
  const divided = plain.logits.map((logit) => logit / model.calibration!.temperature!);
  assertClose(calibrated.logits, divided, { absolute: 1e-5 });
  assert.notDeepEqual(calibrated.logits, plain.logits);
  assert.deepEqual(plain.notices, []);
  assert.deepEqual(calibrated.notices, [
    "not in the graph: the score below which it abstains and its sets of predictions, which predict() makes of the model's outputs",
  ]);
  const { model: other } = (await loadSaved(TINY, { device: "cpu", dtype: "float32" })) as {
    model: TaskModel;
  };
  models.push(other);
  using output = await openOutputDirectory(folder, { overwrite: true });
  await other.save(output);
  assert.ok(!existsSync(join(folder, FILE)));
});

test("what was found is shown to people by its names", () => {
  assert.equal(
    calibrationLines({
      decisions: 60,
      temperature: 1.5,
      loss: { before: 0.5, after: 0.4 },
      expectedCalibrationError: { before: 0.1, after: 0.02 },
      abstention: {
        precision: 0.9,
        threshold: 0.8,
        used: 40,
        right: 36,
        share: 2 / 3,
        precisionBetween: [0.75, 0.95],
      },
      predictionSets: { method: "aps", coverage: 0.9, quantile: 0.97, meanSize: 1.25 },
    }),
    [
      "decisions                   60",
      "temperature                 1.5000",
      "loss                        0.5000, calibrated 0.4000",
      "expected calibration error  0.1000, calibrated 0.0200",
      "abstains below              a score of 0.8000",
      "does not abstain            from 40 (0.6667 of all), of which 36 are right",
      "their precision elsewhere   0.7500 to 0.9500, by so many rows (95%)",
      "sets                        aps, coverage 0.9: quantile 0.9700, mean size 1.2500",
    ].join("\n"),
  );
});

test("tasks refuse what their predictions cannot have, by its name", () => {
  const refuses = (call: () => void, message: string) => assert.throws(call, { code: "ERR_OPTION", message });
  refuses(
    () => checkCalibratable("masked-words"),
    'Expected one of classification, multi-label, multiple-choice, regression, token-classification for the task of the model of calibrate() but received "masked-words"',
  );
  refuses(
    () => checkCalibratable("multi-label", { precision: 0.9 }),
    "Expected no value, as no prediction of multi-label is abstained from, for precision but received 0.9",
  );
  refuses(
    () => checkCalibratable("token-classification", { coverage: 0.9 }),
    "Expected no value, as token-classification has no sets of predictions, for coverage but received 0.9",
  );
  refuses(
    () => checkCalibratable("regression"),
    "Expected a number between 0 and 1, as regression has intervals alone, for coverage but received undefined",
  );
  refuses(
    () => checkCalibratable("regression", { coverage: 0.9, sets: "lac" }),
    'Expected no value without sets of predictions, which coverage asks for, for sets but received "lac"',
  );
});
