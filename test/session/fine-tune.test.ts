import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type FineTuneEvent, fineTune, loadModel, type Model } from "../../lib/index.js";
import { DEVICE } from "../support/device.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { held, shortRun, texts, train } from "./short-run.js";
import { tinyRun, writeTsv } from "./support.js";

const directory = temporaryDirectory();
const outputDir = join(directory, "tuned");
const events: FineTuneEvent[] = [];
let model: Model<"classification">;

before(async () => {
  model = await fineTune({
    ...tinyRun,
    train,
    validation: held,
    epochs: 10,
    evaluateEvery: 4,
    outputDir,
    onProgress: (event) => events.push(event),
  });
});
after(() => model?.dispose());

test("a model learns what the labels of its rows have in common, and holds it on rows it has not seen", () => {
  const { metrics, trainLoss, steps } = model.training!;
  assert.ok(metrics!.accuracy >= 0.95, `accuracy ${metrics!.accuracy}`);
  assert.ok(trainLoss < 0.3, `training loss ${trainLoss}`);
  assert.equal(steps, 60);
});

test("predict gives each text its label, in order, with the probabilities of all labels", async () => {
  const predictions = await model.predict(texts);
  assert.equal(predictions.length, texts.length);
  for (const { label, score, scores } of predictions) {
    assert.deepEqual(Object.keys(scores), ["negative", "positive"]);
    assert.equal(score, Math.max(...Object.values(scores)));
    assert.equal(scores[label], score);
    // float32 log-probabilities: each probability is off by at most some 1e-7.
    assert.ok(Math.abs(scores.negative! + scores.positive! - 1) < 1e-6);
  }
  const right = predictions.filter(({ label }, index) => label === held[index]!.label).length;
  assert.equal(right / texts.length, model.training!.metrics!.accuracy);
  assert.deepEqual(await model.predict([]), []);
});

test("evaluate gives what the last evaluation of the training gave", async () => {
  assert.deepEqual(await model.evaluate(held), model.training!.metrics);
  assert.deepEqual(
    await model.evaluate(writeTsv(join(directory, "held.tsv"), held)),
    model.training!.metrics,
  );
});

test("history has one entry a step, and the events tell the same", () => {
  const { steps } = model.history!;
  assert.deepEqual(
    steps.map(({ step }) => step),
    Array.from({ length: 60 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    steps.map(({ epoch }) => epoch),
    Array.from({ length: 60 }, (_, index) => Math.floor(index / 6) + 1),
  );
  const told = events.filter((event) => event.type === "step");
  for (const [index, entry] of steps.entries()) {
    const { step, epoch, loss, gradientNorm, learningRate } = told[index]!;
    assert.deepEqual(entry, { step, epoch, loss, gradientNorm, learningRate });
    assert.ok(loss > 0 && gradientNorm > 0);
  }
  const lastEpoch = steps.slice(-6).map(({ loss }) => loss);
  assertClose([model.training!.trainLoss], [lastEpoch.reduce((a, b) => a + b) / 6], { relative: 1e-12 });
});

test("events come in order: start, steps and evaluations, saved", () => {
  const [start] = events;
  assert.equal(start?.type, "start");
  const { rows, labels, epochs, totalSteps, device, dtype } = start;
  assert.deepEqual(
    { rows, labels, epochs, totalSteps, device, dtype },
    {
      rows: 90,
      labels: ["negative", "positive"],
      epochs: 10,
      totalSteps: 60,
      device: DEVICE,
      dtype: "float32",
    },
  );
  assert.deepEqual(events.at(-1), { type: "saved", directory: outputDir });
  assert.equal(events.filter(({ type }) => type === "step").length, 60);
  const last = events.findLast((event) => event.type === "step")!;
  assert.equal(last.remainingSeconds, 0);
  assert.ok(last.sequencesPerSecond > 0 && last.tokensPerSecond > last.sequencesPerSecond);
});

test("evaluation comes at the end of each epoch and, with evaluateEvery, between", () => {
  const { evaluations } = model.history!;
  assert.deepEqual(
    evaluations.map(({ step }) => step).filter((step) => step <= 30),
    [4, 6, 8, 12, 16, 18, 20, 24, 28, 30], // every 4, and every 6: the end of an epoch
  );
  assert.deepEqual(
    evaluations.slice(0, 3).map(({ epoch }) => epoch),
    [4 / 6, 1, 8 / 6],
  );
  assert.equal(evaluations.at(-1)!.metrics.rows, 40);
});

test("a saved model predicts the same, bit for bit, after loadModel", async () => {
  const expected = await model.predict(texts);
  await using loaded = await loadModel(outputDir, { task: "classification", dtype: "float32" });
  assert.deepEqual(await loaded.predict(texts), expected);
  assert.deepEqual(loaded.labels, model.labels);
  assert.equal(loaded.training, null);
  assert.equal(loaded.history, null);

  const copy = join(directory, "copy");
  await loaded.save(copy);
  assert.deepEqual(
    readFileSync(join(copy, "model.safetensors")),
    readFileSync(join(outputDir, "model.safetensors")),
  );
});

test("the directory holds the Hugging Face files, the run's log and reports of it", () => {
  assert.deepEqual(readdirSync(outputDir).sort(), [
    "README.md",
    "config.json",
    "log.jsonl",
    "model.safetensors",
    "report.html",
    "tokenizer.json",
    "tokenizer_config.json",
    "training_report.json",
    "vocab.txt",
  ]);
  const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual(config.id2label, { 0: "negative", 1: "positive" });
  assert.deepEqual(config.label2id, { negative: 0, positive: 1 });
  assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
  const report = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  assert.deepEqual(report.history, model.history);
  assert.equal(report.options.learningRate, tinyRun.learningRate);
  assert.equal(report.options.train, undefined);
});

test("a checkpoint that classifies by the same labels goes on with its layer; other labels get a new one", async () => {
  const further = await shortRun({ model: outputDir });
  assert.ok(further.losses[0]! < 0.1, `first loss ${further.losses[0]}`);
  const renamed = train.map(({ text, label }) => ({ text, label: label.toUpperCase() }));
  const others = await shortRun({ model: outputDir, train: renamed });
  assert.deepEqual(others.labels, ["NEGATIVE", "POSITIVE"]);
  assert.ok(others.losses[0]! > 0.3, `first loss ${others.losses[0]}`); // guessing has ln 2 = 0.69
});
