import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type FineTuneEvent,
  type FineTuneOptionsByTask,
  fineTune,
  loadModel,
  type Model,
} from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, TINY, tinyRun } from "./support.js";

const directory = temporaryDirectory();
const outputDir = join(directory, "tuned");

const SUBJECTS = ["film", "music", "story", "actor"];
const ADJECTIVES = ["good", "bad", "great", "dull"];

/** Rows whose labels stand in their texts: praise for good and great, arts for music and actor; a quarter has none. */
function rowsOf(count: number, first = 0): { text: string; labels: string[] }[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const subject = SUBJECTS[number % 4]!;
    const adjective = ADJECTIVES[(number >> 2) % 4]!;
    const labels = [
      ...(["good", "great"].includes(adjective) ? ["praise"] : []),
      ...(["music", "actor"].includes(subject) ? ["arts"] : []),
    ];
    return { text: `the ${subject} was ${number % 3 === 0 ? "very " : ""}${adjective}`, labels };
  });
}

const train = rowsOf(96);
const validation = rowsOf(40, 1001);
const run: FineTuneOptionsByTask["multi-label"] = { ...tinyRun, task: "multi-label", train, validation };

let model: Model<"multi-label">;
before(async () => {
  // Three seeds of four learn both labels in so many epochs; in 8, at twice the rate, only a lucky one does.
  model = await fineTune({ ...run, epochs: 24, outputDir });
});
after(() => model?.dispose());

function configOf(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(path, "config.json"), "utf8"));
}

test("a model learns which labels a text has, several or none", async () => {
  assert.deepEqual(model.labels, ["arts", "praise"]);
  const { microF1, macroF1, subsetAccuracy, loss, rows } = model.training!.metrics!;
  assert.ok(microF1 > 0.95 && macroF1 > 0.95, `micro F1 ${microF1}, macro F1 ${macroF1}`);
  assert.ok(subsetAccuracy > 0.9, `subset accuracy ${subsetAccuracy}`);
  assert.ok(loss < 0.2, `loss ${loss}`);
  assert.equal(rows, 40);
  const predictions = await model.predict(["the music was very great", "the film was bad"]);
  assert.deepEqual(
    predictions.map(({ labels }) => labels),
    [["arts", "praise"], []],
  );
});

test("each label has a probability of its own, and counts from 0.5 on", async () => {
  for (const { labels, scores } of await model.predict(validation.map(({ text }) => text))) {
    assert.deepEqual(Object.keys(scores), model.labels);
    assert.deepEqual(
      labels,
      model.labels.filter((label) => scores[label]! >= 0.5),
    );
  }
});

test("the report has the scores of each label with its threshold, and the worst mistakes with their texts", async () => {
  const wrong = { text: "the music was dull", labels: ["praise"] };
  const { report, microF1 } = await model.evaluate([...validation, wrong]);
  assert.ok(microF1 < 1);
  assert.deepEqual(
    report.labels.map(({ label, threshold }) => [label, threshold]),
    model.labels.map((label) => [label, 0.5]),
  );
  const support = [...validation, wrong].filter(({ labels }) => labels.includes("praise")).length;
  assert.equal(report.labels[1]!.support, support);
  const { loss, ...worst } = report.worstMistakes[0]!;
  assert.deepEqual(worst, {
    text: wrong.text,
    location: "source, row 41",
    expected: ["praise"],
    predicted: ["arts"],
  });
  assert.ok(loss > 1, `loss ${loss}`);
});

test("what is saved says what it is, and predicts the same after loadModel", async () => {
  const { architectures, problem_type, label_thresholds, id2label } = configOf(outputDir);
  assert.deepEqual(architectures, ["BertForSequenceClassification"]);
  assert.equal(problem_type, "multi_label_classification");
  assert.deepEqual(label_thresholds, { arts: 0.5, praise: 0.5 });
  assert.deepEqual(id2label, { 0: "arts", 1: "praise" });
  await using loaded = await loadModel(outputDir, { task: "multi-label", dtype: "float32" });
  const texts = validation.map(({ text }) => text);
  assert.deepEqual(await loaded.predict(texts), await model.predict(texts));
});

test("a threshold that is given decides in evaluation and prediction, and is saved", async () => {
  const path = join(directory, "low");
  await using low = await fineTune({ ...run, threshold: 0.1, outputDir: path });
  await using loaded = await loadModel(path, { task: "multi-label", dtype: "float32" });
  for (const { labels, scores } of await loaded.predict(validation.map(({ text }) => text)))
    assert.deepEqual(
      labels,
      low.labels.filter((label) => scores[label]! >= 0.1),
    );
  const { report } = await loaded.evaluate(validation);
  assert.deepEqual(
    report.labels.map(({ threshold }) => threshold),
    [0.1, 0.1],
  );
});

test("tuned thresholds are at least as good as 0.5 on the validation rows, and stay with the model", async () => {
  const path = join(directory, "thresholds");
  const options = { ...run, epochs: 2 };
  await using plain = await fineTune(options);
  await using tuned = await fineTune({ ...options, threshold: "tuned", outputDir: path });
  const { report, macroF1 } = tuned.training!.metrics!;
  assert.ok(
    macroF1 > plain.training!.metrics!.macroF1,
    "an epoch that 0.5 serves as well would show nothing",
  );
  const thresholds = report.labels.map(({ threshold }) => threshold);
  assert.ok(thresholds.some((threshold) => threshold !== 0.5));
  await using loaded = await loadModel(path, { task: "multi-label", dtype: "float32" });
  for (const evaluated of [await tuned.evaluate(validation), await loaded.evaluate(validation)]) {
    assert.equal(evaluated.macroF1, macroF1);
    assert.deepEqual(
      evaluated.report.labels.map(({ threshold }) => threshold),
      thresholds,
    );
  }
  // Other rows are measured with them; they do not move.
  await tuned.evaluate(rowsOf(7, 5000));
  assert.equal((await tuned.evaluate(validation)).macroF1, macroF1);
});

test("loadBest brings back the thresholds of the best weights", async () => {
  // Once all is right nothing is better, so that the best state is not the last one.
  const learning = { epochs: 8, learningRate: 1e-2, loadBest: true, threshold: "tuned" } as const;
  await using best = await fineTune({ ...run, ...learning });
  assert.ok(best.training!.bestStep < best.training!.steps);
  const { report, ...figures } = await best.evaluate(validation);
  const { report: atBest, ...figuresAtBest } = best.training!.metrics!;
  assert.deepEqual(figures, figuresAtBest);
  assert.deepEqual(report.labels, atBest.labels);
});

test("tables have the labels between |", async () => {
  const path = join(directory, "rows.tsv");
  const lines = train.map(({ text, labels }) => `${text}\t${labels.join("|")}\n`);
  writeFileSync(path, `text\tlabels\n${lines.join("")}`);
  await using other = await fineTune({ ...run, train: path, validation: undefined });
  await using same = await fineTune({ ...run, validation: undefined });
  assert.deepEqual(
    other.history!.steps.map(({ loss }) => loss),
    same.history!.steps.map(({ loss }) => loss),
  );
});

test("a checkpoint of another kind gets a new layer, and leaves neither labels nor thresholds behind", async () => {
  const path = join(directory, "classifier");
  const rows = train.map(({ text, labels }) => ({ text, label: labels[0] ?? "praise" }));
  await using other = await fineTune({
    ...tinyRun,
    model: outputDir,
    train: rows,
    labels: [...model.labels],
    outputDir: path,
  });
  assert.equal(other.task, "classification");
  assert.ok(other.history!.steps[0]!.loss > 0.5, "the multi-label layer would know the labels already");
  const config = configOf(path);
  assert.equal(config.problem_type, "single_label_classification");
  assert.ok(!("label_thresholds" in config));
  await using further = await fineTune({ ...run, model: outputDir });
  assert.ok(further.history!.steps[0]!.loss < 0.1, "the same labels go on with their layer");
});

test("rows and options that do not fit are named", async () => {
  const cases: [Partial<FineTuneOptionsByTask["multi-label"]>, string, string | RegExp][] = [
    [
      { train: [...train, { text: "a film", labels: 5 }] },
      "ERR_DATA",
      'train, row 97: Expected an array of labels, or a text with labels between |, in column "labels" but received 5',
    ],
    [
      { train: train.map(({ text }) => ({ text, labels: [] })) },
      "ERR_DATA",
      "training rows: Expected at least one label but received none",
    ],
    [
      { validation: [{ text: "a film", labels: ["arts", "mood"] }] },
      "ERR_DATA",
      'validation, row 1: Expected one of the labels "arts", "praise" but received "mood"',
    ],
    [
      { threshold: "tuned", validation: undefined },
      "ERR_OPTION",
      "Expected rows to evaluate on, which a tuned threshold needs, for validation but received undefined",
    ],
    [{ threshold: 1.5 }, "ERR_OPTION", "Expected a value of at most 1 for threshold but received 1.5"],
    [
      { metric: "accuracy" },
      "ERR_OPTION",
      'Expected one of microF1, macroF1, subsetAccuracy, loss for metric but received "accuracy"',
    ],
  ];
  for (const [options, code, message] of cases) {
    const error = await failureOf(fineTune({ ...run, ...options }));
    assert.equal(error.code, code, error.stack);
    assert.equal(error.message, message);
  }
  // @ts-expect-error classification has no threshold
  const ofOtherTask = fineTune({ ...tinyRun, train: [{ text: "a", label: "x" }], threshold: 0.5 });
  assert.equal(
    (await failureOf(ofOtherTask)).message,
    'Unknown option "threshold" for task "classification": it belongs to "multi-label"',
  );
  const wrongTask = await failureOf(loadModel(TINY, { task: "multi-label" }));
  assert.equal(wrongTask.message, `Expected a model for multi-label in ${TINY} but it is for classification`);
});

test("there may be one label alone, which a text has or has not", async () => {
  const only = (rows: typeof train) => rows.map(({ text, labels }) => ({ text, labels: labels.slice(0, 1) }));
  const praise = only(train).map(({ text, labels }) => ({
    text,
    labels: labels.includes("praise") ? labels : [],
  }));
  const saved = join(directory, "one-label");
  await using tuned = await fineTune({
    ...run,
    train: praise,
    validation: praise,
    epochs: 1,
    outputDir: saved,
  });
  assert.deepEqual(tuned.labels, ["praise"]);
  await using loaded = await loadModel(saved, { task: "multi-label", dtype: "float32" });
  assert.deepEqual(await loaded.predict(["the film"]), await tuned.predict(["the film"]));
});

test("labels that differ only in case are told of", async () => {
  const notices: string[] = [];
  const rows = [
    { text: "a film", labels: ["Praise", "praise "] },
    { text: "b", labels: [" praise"] },
    { text: "c", labels: [] },
  ];
  const onProgress = (event: FineTuneEvent) => void (event.type === "notice" && notices.push(event.message));
  await using tuned = await fineTune({
    ...run,
    train: rows,
    validation: rows.slice(1),
    epochs: 1,
    onProgress,
  });
  assert.deepEqual(tuned.labels, ["Praise", "praise"]);
  assert.deepEqual(notices, ['labels that look as if they were the same: "Praise", "praise"']);
});
