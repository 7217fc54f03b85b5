import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { type FineTuneOptions, loadModel, pairSimilarity } from "../../lib/index.js";
import { figureOf } from "../../lib/tasks/evaluation.js";
import { libbertInProcess } from "../cli/in-process.js";
import { listsOf, modelOfVectors } from "../session/rankings.js";
import { failureOf, rowsOf, TINY, tinyRun } from "../session/support.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { settingsOf } from "./settings.js";

const folder = temporaryDirectory();
const labelled = rowsOf(64);
const texts = rowsOf(64, 200).map(({ text }) => ({ text }));
const lists = listsOf(24).map(({ query, docs }) => ({ query, docs }));
const triplets = rowsOf(48).map(({ text }, row, rows) => ({
  anchor: "the film",
  positive: text,
  negative: rows[(row + 5) % rows.length]!.text,
}));
const ENCODER = modelOfVectors();
const RANKER = goldenPath("cross-encoder");

const tuned = (options: object) =>
  fineTune(settingsOf({ ...tinyRun, ...options } as FineTuneOptions), { emit() {} });
/** What a training came to; its model is gone. */
async function outcome(options: object) {
  const { model, result } = await tuned(options);
  model.dispose();
  return result;
}
const lossesOf = async (options: object) => (await outcome(options)).history.steps.map(({ loss }) => loss);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const halves = (losses: readonly number[]) => [
  sum(losses.slice(0, losses.length / 2)),
  sum(losses.slice(losses.length / 2)),
];

/** A classifier that knows what the labels mean. */
const teacher = join(folder, "teacher");
before(async () => {
  const { metrics } = await outcome({
    train: rowsOf(90),
    validation: rowsOf(40, 300),
    epochs: 10,
    outputDir: teacher,
  });
  assert.equal(figureOf(metrics!, "accuracy"), 1);
});

test("a model of some layers begins as those of the whole, is saved with their number, and is loaded again", async () => {
  for (const [model, layer, prefix] of [
    [TINY, 1, "bert.encoder"],
    [goldenPath("families/tiny-distilbert"), 0, "distilbert.transformer"],
  ] as const) {
    const outputDir = join(folder, `layer-${layer}`);
    const still = { learningRate: 1e-30, train: labelled.slice(0, 16), layers: [layer] };
    const { model: short } = await tuned({ ...still, model, outputDir });
    using stored = new SafetensorsReader(join(outputDir, "model.safetensors"));
    using whole = new SafetensorsReader(join(model, "model.safetensors"));
    const own = [...stored.tensors.keys()].filter((name) => name.includes("layer."));
    assert.ok(own.length > 10 && own.every((name) => name.startsWith(`${prefix}.layer.0.`)), own.join());
    for (const name of own) {
      const origin = name.replace("layer.0.", `layer.${layer}.`);
      const original = whole.tensors.has(origin) ? origin : origin.slice(origin.indexOf(".") + 1);
      assert.deepEqual(stored.read(name), whole.read(original), name);
    }
    const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
    assert.equal(config.num_hidden_layers ?? config.n_layers, 1);
    await using again = await loadModel(outputDir, { task: "classification", dtype: "float32" });
    const wanted = await short.predict(["the film was good"], {});
    assert.deepEqual(await again.predict(["the film was good"]), wanted);
    short.dispose();
  }
});

test("a model learns a teacher's vectors from lines of text, and comes closer to them", async () => {
  const [train, outputDir] = [join(folder, "texts.txt"), join(folder, "vectors")];
  writeFileSync(train, texts.map(({ text }) => `${text}\n\n`).join(""));
  const words = ["--teacher", ENCODER, "--layers", "1", "--train", train, "--output-dir", outputDir];
  const settings = [
    "--epochs",
    "15",
    "--learning-rate",
    "1e-3",
    "--max-seq-length",
    "32",
    "--batch-size",
    "16",
  ];
  const run = await libbertInProcess(["distill", ...words, ...settings, "--dtype", "float32", "--json"]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /the teacher reads 64 texts before the first update/);
  const { history } = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  const losses = history.steps.map(({ loss }: { loss: number }) => loss);
  assert.ok(losses.at(-1) < losses[0] / 3, `${losses[0]}, ${losses.at(-1)}`);
  await using student = await loadModel(outputDir, { task: "features", dtype: "float32" });
  await using whole = await loadModel(ENCODER, { task: "features", dtype: "float32" });
  const held = rowsOf(8, 500).map(({ text }) => text);
  const [own, wanted] = [await student.embed(held), await whole.embed(held)];
  for (const [index, vector] of own.entries())
    assert.ok(pairSimilarity("cosine", vector, wanted[index]!) > 0.95);
});

test("a classifier learns from a teacher's answers to texts without labels what the labels mean", async () => {
  const options = { teacher, layers: 1, train: texts, epochs: 20 };
  const { model, result } = await tuned({ ...options, validation: rowsOf(40, 300) });
  assert.deepEqual(model.config.labels, ["negative", "positive"]);
  assert.equal(figureOf(result.metrics!, "accuracy"), 1);
  model.dispose();
});

test("the teacher's weight goes from the labels alone to the teacher alone, and counts each row that has a label", async () => {
  const known = { train: labelled, epochs: 2, layers: 1 };
  const taught = { ...known, teacher };
  assert.deepEqual(await lossesOf({ ...taught, teacherWeight: 0 }), await lossesOf(known));
  const bare = { ...taught, train: labelled.map(({ text }) => ({ text })) };
  const alone = await lossesOf({ ...taught, teacherWeight: 1 });
  assert.deepEqual(alone, await lossesOf(bare));
  assert.notDeepEqual(await lossesOf({ ...bare, teacherTemperature: 4 }), alone);
  // The first update's weights are the same in each: its loss is the mean of those of the labels and of the teacher.
  const one = { ...taught, batchSize: 64, epochs: 1 };
  const [hard] = await lossesOf({ ...one, teacherWeight: 0 });
  const [soft] = await lossesOf({ ...one, teacherWeight: 1 });
  const [both] = await lossesOf(one);
  assert.ok(Math.abs(both! - (hard! + soft!) / 2) < 1e-6);
  const mixed = [...labelled.slice(0, 32), ...texts.slice(0, 32)];
  const losses = await lossesOf({ ...one, train: mixed });
  assertSame(await lossesOf({ ...one, train: mixed, microBatchSize: 7 }), losses);
});

function assertSame(received: readonly number[], wanted: readonly number[]): void {
  for (const [index, value] of wanted.entries())
    assert.ok(Math.abs(received[index]! - value) < 1e-5 * value, `${received[index]} for ${value}`);
}

for (const task of ["multi-label", "regression"] as const) {
  test(`a teacher of ${task} is learnt from texts alone`, async () => {
    const outputDir = join(folder, task);
    const rows = labelled.map(({ text, label }) =>
      task === "regression" ? { text, score: label === "positive" ? 1 : -1 } : { text, labels: [label] },
    );
    await outcome({ task, train: rows, epochs: 5, outputDir });
    const run = { task, teacher: outputDir, train: texts, epochs: 10, layers: 1 };
    const [early, late] = halves(await lossesOf({ ...run, model: TINY }));
    assert.ok(late! < early!, `${early}, ${late}`);
  });
}

test("scores of a ranker teach rankers and vectors, by margins; a batch in parts learns the same", async () => {
  const ofRanker = { task: "reranking", teacher: RANKER, train: lists, epochs: 6, learningRate: 1e-3 };
  const ofVectors = { ...ofRanker, task: "embedding", model: TINY, loss: "margin-mse", train: triplets };
  for (const options of [ofRanker, { ...ofRanker, loss: "mse" }, ofVectors]) {
    const losses = await lossesOf(options);
    const [early, late] = halves(losses);
    assert.ok(late! < early!, `${early}, ${late}`);
    assertSame(
      await lossesOf({ ...options, epochs: 1, microBatchSize: 5 }),
      await lossesOf({ ...options, epochs: 1 }),
    );
  }
  const refused = await failureOf(tuned({ ...ofVectors, model: ENCODER }));
  assert.match(refused.message, /^Expected another loss for a model whose vectors are made of length 1/);
});

test("what a teacher cannot teach is refused by its name", async () => {
  for (const [options, message] of [
    [{ teacher: ENCODER, train: texts }, /^Expected a model for classification as the teacher/],
    [{ teacher, train: texts, teacherWeight: 0.5 }, /^Expected 1, as no row has a label, for teacherWeight/],
    [
      { teacher, train: texts, labels: ["positive", "negative"] },
      /^Expected the teacher's labels, .* for labels/,
    ],
    [
      { teacher, train: texts, balancedSampling: true },
      /^Expected no value beside rows without labels for balanced/,
    ],
    [{ teacher, train: [{ text: "a", label: "good" }] }, /^train, row 1: Expected one of the labels/],
    [
      { train: labelled, teacherTemperature: 2 },
      /^Expected no value without a teacher for teacherTemperature/,
    ],
    [{ layers: 3, train: labelled }, /^Expected at most 2, the model's layers, for layers but received 3/],
    [{ layers: [0, 2], train: labelled }, /^Expected layers from 0 to 1, as the model has, for layers/],
    [
      { task: "embedding", teacher, train: texts },
      /^Expected a model for features or reranking as the teacher/,
    ],
    [
      { task: "embedding", teacher: RANKER, train: triplets },
      /^Expected margin-mse, as the teacher gives scores/,
    ],
    [{ task: "embedding", train: triplets, loss: "mse" }, /^Expected a loss for rows without a teacher/],
    [
      { task: "embedding", teacher: ENCODER, train: texts },
      /^Expected vectors of 32 numbers, as the model's, for teacher but received "vectors of 16"/,
    ],
    [
      { task: "reranking", teacher: RANKER, train: lists, loss: "list-net" },
      /^Expected mse or margin-mse, as a teacher's scores are learnt, for loss/,
    ],
  ] as const) {
    const { message: received } = await failureOf(tuned(options));
    assert.match(received, message);
  }
});
