import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readCalibration } from "../../lib/checkpoint/calibration-file.js";
import {
  type CalibrateOptions,
  fineTune,
  loadModel,
  type Model,
  type ModelCalibration,
} from "../../lib/index.js";
import { libbertInProcess } from "../cli/in-process.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { failureOf, rowsOf, TINY, tinyRun, writeTsv } from "./support.js";

const FILE = "libbert_calibration.json";
const WANTED = { precision: 0.8, coverage: 0.9 } as const;

const directory = temporaryDirectory();
const saved = join(directory, "saved");
const texts = rowsOf(120).map(({ text }) => text);
let rows: { text: string; label: string }[];
let model: Model<"classification">;
let uncalibrated: Awaited<ReturnType<typeof everything>>;
let found: ModelCalibration;

/** All that a model says of the rows. */
async function everything(of: Model<"classification">, raw = false) {
  return { predictions: await of.predict(texts, { raw }), evaluation: await of.evaluate(rows) };
}

before(async () => {
  model = await loadModel(TINY, { task: "classification", dtype: "float32" });
  // The model is right about three of four rows, though it is random, and gives none of them a probability of three in four.
  const predicted = await model.predict(texts);
  rows = predicted.map(({ label }, row) => {
    const other = model.labels[(model.labels.indexOf(label) + 1) % 3]!;
    return { text: texts[row]!, label: row % 4 === 0 ? other : label };
  });
  uncalibrated = await everything(model);
  assert.equal(model.calibration, null);
  found = await model.calibrate(rows, WANTED);
  await model.save(saved);
});
after(() => model?.dispose());

test("a calibrated classifier says the same labels with other scores, whose loss and calibration error are as promised", async () => {
  const { predictions, evaluation } = await everything(model);
  const { temperature, loss, expectedCalibrationError, decisions } = found;
  assert.ok(temperature! < 1 && decisions === 120, `temperature ${temperature}`);
  for (const [row, { label, scores, score }] of predictions.entries()) {
    const raw = uncalibrated.predictions[row]!;
    assert.equal(label, raw.label);
    const powers = Object.values(raw.scores).map((one) => one ** (1 / temperature!));
    const sum = powers.reduce((total, power) => total + power);
    assertClose(
      Object.values(scores),
      powers.map((power) => power / sum),
      { relative: 1e-5 }, // raw ones come from float32, and have a power
    );
    assert.equal(score, scores[label]);
  }
  assertClose([loss!.before, loss!.after], [uncalibrated.evaluation.loss, evaluation.loss], {
    relative: 1e-6,
  });
  const errorOf = ({ report }: typeof evaluation) => report.calibration.expectedCalibrationError;
  assertClose([expectedCalibrationError!.before], [errorOf(uncalibrated.evaluation)], { absolute: 1e-6 });
  assertClose([expectedCalibrationError!.after], [errorOf(evaluation)], { absolute: 1e-6 });
  assert.ok(expectedCalibrationError!.after < expectedCalibrationError!.before);
  assert.equal(evaluation.accuracy, uncalibrated.evaluation.accuracy);
});

test("predictions below the threshold abstain, and sets hold what is right, as the evaluation of the same rows counts", async () => {
  const { predictions, evaluation } = await everything(model);
  const { abstention, predictionSets } = found;
  const kept = predictions.flatMap(({ abstained, label }, row) =>
    abstained ? [] : [label === rows[row]!.label],
  );
  assert.equal(kept.length, abstention!.used);
  assert.ok(kept.length < 120 && kept.filter(Boolean).length / kept.length >= WANTED.precision);
  const holding = predictions.filter(({ predictionSet }, row) => predictionSet!.includes(rows[row]!.label));
  assert.ok(holding.length >= 0.9 * 120);
  const { report } = evaluation;
  const { used, share, right } = abstention!;
  assert.deepEqual(report.abstention, { used, share, precision: right / used });
  const { coverage, meanSize } = report.predictionSets!;
  assert.deepEqual([coverage, meanSize], [holding.length / 120, predictionSets!.meanSize]);
  for (const { predictionSet, label } of predictions)
    if (predictionSet!.length > 0) assert.equal(predictionSet![0], label);
});

test("raw predictions are those of the model before, bit for bit", async () => {
  assert.deepEqual((await everything(model, true)).predictions, uncalibrated.predictions);
});

test("a saved model says the same when it is loaded, also where its rows have other names for its labels", async () => {
  const wanted = await everything(model);
  await using loaded = await loadModel(saved, { task: "classification", dtype: "float32" });
  assert.deepEqual(loaded.calibration, found);
  assert.deepEqual(await everything(loaded), wanted);
  const loud = rows.map(({ text, label }) => ({ text, label: label.toUpperCase() }));
  const labels = loaded.labels.map((label) => label.toUpperCase());
  const { report, loss } = await loaded.evaluate(loud, { labels });
  assert.deepEqual(
    [loss, report.calibration],
    [wanted.evaluation.loss, wanted.evaluation.report.calibration],
  );
});

test("libbert calibrate writes into the model's folder, where all else stays, and replaces what is of other weights", async () => {
  const folder = join(directory, "by-command");
  cpSync(TINY, folder, { recursive: true });
  writeFileSync(join(folder, FILE), readFileSync(join(saved, FILE))); // of another file of weights
  const validation = writeTsv(join(directory, "dev.tsv"), rows);
  const config = readFileSync(join(folder, "config.json"));
  const words = ["calibrate", "--model", folder, "--task", "classification", "--validation", validation];
  const wanted = ["--precision", "0.8", "--coverage", "0.9", "--dtype", "float32"];
  const { status, stdout, stderr } = await libbertInProcess([...words, ...wanted, "--json"]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), found);
  assert.deepEqual(readFileSync(join(folder, "config.json")), config);
  assert.deepEqual((await readCalibration(folder))!.calibration, found);
  const onHub = await libbertInProcess(["calibrate", "--model", "org/model", "--validation", validation]);
  assert.match(onHub.stderr, /Expected --output-dir beside a model of the Hub/);
});

test("fineTune() with calibrate keeps what it found with the model, and in the report of the training", async () => {
  const outputDir = join(directory, "tuned");
  const run = { ...tinyRun, train: rowsOf(60), epochs: 2, calibrate: true };
  // Every fourth label is wrong: no model is right about all.
  const validation = rowsOf(40, 1001).map(({ text }, row) => ({
    text,
    label: row % 4 < 3 ? "positive" : "negative",
  }));
  await using tuned = await fineTune({ ...run, validation, outputDir });
  const { calibration, metrics } = tuned.training!;
  assert.deepEqual(tuned.calibration, calibration);
  assertClose([metrics!.loss], [calibration!.loss!.before], { relative: 1e-6 });
  const report = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  assert.deepEqual(report.calibration, calibration);
  assert.deepEqual(await readCalibration(outputDir), { task: "classification", calibration });
  await assert.rejects(
    tuned.calibrate(validation, { save: true }),
    /^LibbertError: Expected a model that was loaded from a folder/,
  );
});

test("what cannot be had is refused by its name, and changes nothing", async () => {
  const messageOf = async (options: CalibrateOptions, some: typeof rows = rows) =>
    (await failureOf(model.calibrate(some, options))).message;
  assert.equal(
    await messageOf({ sets: "aps" }),
    'Expected no value without sets of predictions, which coverage asks for, for sets but received "aps"',
  );
  assert.equal(
    await messageOf({ coverage: 0.99 }, rows.slice(0, 50)),
    "Expected at least 99 rows to calibrate on, which a coverage of 0.99 needs, but received 50",
  );
  const wrong = rows.map(({ text }, row) => ({
    text,
    label: uncalibrated.predictions[row]!.label === "neutral" ? "negative" : "neutral",
  }));
  assert.match(await messageOf({ precision: 0.9 }, wrong), /no threshold leaves such$/);
  assert.deepEqual(model.calibration, found);
});
