import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type FineTuneOptionsByTask, fineTune, loadModel, type Model } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, tinyRun } from "./support.js";

const directory = temporaryDirectory();
const outputDir = join(directory, "tuned");

const SCORES = { great: 2, good: 1, slow: -1, bad: -2 };
const SUBJECTS = ["film", "story", "plot", "music", "cast"];

/** Sentences whose adjective is worth a score. */
function rowsOf(count: number, first = 0): { text: string; score: number }[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const [adjective, score] = Object.entries(SCORES)[number % 4]!;
    return {
      text: `the ${SUBJECTS[(number >> 2) % 5]} of the ${SUBJECTS[number % 5]} was ${adjective}`,
      score,
    };
  });
}

const train = rowsOf(96);
const validation = rowsOf(40, 1001);
const texts = validation.map(({ text }) => text);
const run: FineTuneOptionsByTask["regression"] = { ...tinyRun, task: "regression", train, validation };

let model: Model<"regression">;
before(async () => {
  model = await fineTune({ ...run, epochs: 12, learningRate: 1e-2, outputDir });
});
after(() => model?.dispose());

test("a model learns the numbers of its rows, and holds them on rows that it has not seen", async () => {
  const { pearson, spearman, meanSquaredError, loss, rows } = model.training!.metrics!;
  assert.ok(pearson! > 0.97, `Pearson ${pearson}`);
  assert.ok(spearman! > 0.9, `Spearman ${spearman}`);
  assert.ok(meanSquaredError < 0.3, `mean squared error ${meanSquaredError}`);
  assert.equal(loss, meanSquaredError);
  assert.equal(rows, 40);
  const [great, bad] = await model.predict(["the film was great", "the film was bad"]);
  assert.ok(great!.score > 1 && bad!.score < -1, `${great!.score} and ${bad!.score}`);
});

test("in bfloat16 as many texts get scores of their own as in float32, near those", async () => {
  const different = [...new Set(rowsOf(400).map(({ text }) => text))];
  const scores = async (dtype: "float32" | "bfloat16") => {
    await using loaded = await loadModel(outputDir, { task: "regression", dtype });
    return (await loaded.predict(different)).map(({ score }) => score);
  };
  const [exact, rounded] = [await scores("float32"), await scores("bfloat16")];
  assert.equal(new Set(rounded).size, new Set(exact).size);
  // Eight bits would leave steps of 1/128 between 1 and 2: the last layer has float32's.
  const onCoarseSteps = rounded.filter((score) => Number.isInteger(score * 256)).length;
  assert.ok(onCoarseSteps < rounded.length / 10, `${onCoarseSteps} of ${rounded.length} scores`);
  for (const [index, score] of rounded.entries()) assert.ok(Math.abs(score - exact[index]!) < 0.1);
});

test("the figures are those of the predictions", async () => {
  const predictions = await model.predict(texts);
  const squares = predictions.map(({ score }, row) => (score - validation[row]!.score) ** 2);
  const { meanSquaredError } = await model.evaluate(validation);
  assert.ok(Math.abs(squares.reduce((sum, square) => sum + square, 0) / 40 - meanSquaredError) < 1e-6);
});

test("the report has the rows that are furthest off, with their texts", async () => {
  const { report } = await model.evaluate([...validation, { text: "the film was good", score: -20 }]);
  const { loss, predicted, ...worst } = report.worstMistakes[0]!;
  assert.deepEqual(worst, { text: "the film was good", location: "source, row 41", expected: -20 });
  assert.ok(Math.abs(loss - (predicted + 20) ** 2) < 1e-4);
  assert.equal(report.worstMistakes.length, 20);
});

test("where predictions or scores are all the same, there is no correlation, and that is no error", async () => {
  const same = validation.map(({ text }) => ({ text, score: 1 }));
  const { pearson, spearman, meanSquaredError } = await model.evaluate(same);
  assert.deepEqual({ pearson, spearman }, { pearson: null, spearman: null });
  assert.ok(meanSquaredError > 0);
  await using other = await fineTune({ ...run, validation: same, loadBest: true });
  assert.equal(other.training!.metrics!.pearson, null);
});

test("what is saved says what it is, and predicts the same after loadModel; it goes on with its layer", async () => {
  const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
  assert.equal(config.problem_type, "regression");
  assert.deepEqual(config.id2label, { 0: "LABEL_0" });
  await using loaded = await loadModel(outputDir, { task: "regression", dtype: "float32" });
  assert.deepEqual(loaded.labels, []);
  assert.deepEqual(await loaded.predict(texts), await model.predict(texts));
  await using further = await fineTune({ ...run, model: outputDir });
  assert.ok(further.history!.steps[0]!.loss < 1, `first loss ${further.history!.steps[0]!.loss}`);
});

test("rows and options that do not fit are named", async () => {
  const cases: [Partial<FineTuneOptionsByTask["regression"]>, string, string][] = [
    [
      { train: [...train, { text: "a film", score: Number.NaN }] },
      "ERR_DATA",
      'train, row 97: Expected a finite number in column "score" but received NaN',
    ],
    [
      { validation: [{ text: "a film", score: "fine" }] },
      "ERR_DATA",
      'validation, row 1: Expected a finite number in column "score" but received "fine"',
    ],
    [
      // @ts-expect-error regression has no labels
      { labels: ["low", "high"] },
      "ERR_OPTION",
      'Unknown option "labels" for task "regression": it belongs to "classification" and "multi-label" and "token-classification"',
    ],
  ];
  for (const [options, code, message] of cases) {
    const error = await failureOf(fineTune({ ...run, ...options }));
    assert.equal(error.code, code, error.stack);
    assert.equal(error.message, message);
  }
});

test("training scores that are all the same are told", async () => {
  const told: string[] = [];
  const train = rowsOf(16).map(({ text }) => ({ text, score: 3 }));
  const onProgress = (event: { type: string; message?: string }) =>
    event.type === "notice" && told.push(event.message!);
  await using _ = await fineTune({ ...tinyRun, task: "regression", train, onProgress });
  assert.deepEqual(told, ["train: all scores are 3"]);
});
