import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pairSimilarity } from "../../lib/features/pair-similarity.js";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { createTrainable, prepareRun } from "../../lib/fine-tuning/prepare-run.js";
import { type FineTuneOptions, loadModel } from "../../lib/index.js";
import { toEncoderInput } from "../../lib/models/encoder-input.js";
import { type PackedBatch, packSequences } from "../../lib/models/packing.js";
import type { TaskHead } from "../../lib/tasks/head.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { totalsOn } from "../../lib/train/totals.js";
import { failureOf, rowsOf, tinyRun } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { settingsOf } from "./settings.js";

const train = rowsOf(24);
const validation = rowsOf(60, 300);
const few = { ...tinyRun, method: "contrastive", train, learningRate: 5e-3, epochs: 6 } as const;

const settings = (options: object) => settingsOf({ ...few, ...options } as FineTuneOptions);
const tuned = (options: object) => fineTune(settings(options), { emit() {} });
async function outcome(options: object) {
  const { model, result } = await tuned(options);
  model.dispose();
  return result;
}

test("pairs of a few rows teach the encoder what the labels mean; what is saved has the same probabilities", async () => {
  const outputDir = join(temporaryDirectory(), "out");
  const { model, result } = await tuned({ validation, outputDir });
  const { history, metrics } = result;
  const losses = history.steps.map(({ loss }) => loss);
  assert.equal(losses.length, 6 * ((24 * 10) / 16), "each epoch pairs each of 24 rows 10 times");
  const mean = (some: readonly number[]) => some.reduce((sum, loss) => sum + loss, 0) / some.length;
  assert.ok(mean(losses.slice(-10)) < 0.5 * mean(losses.slice(0, 10)), losses.join());
  assert.ok((metrics as never as { accuracy: number }).accuracy > 0.9, JSON.stringify(metrics));
  await using again = await loadModel(outputDir, { task: "classification", dtype: "float32" });
  const texts = validation.map(({ text }) => text);
  assert.deepEqual(await again.predict(texts), await model.predict(texts, {}));
  model.dispose();
});

test("a text's vector is the mean of its tokens' vectors, normalised, by one layer more, which is not trained", async () => {
  const outputDir = join(temporaryDirectory(), "out");
  const { model } = await tuned({ epochs: 1, outputDir });
  const texts = validation.map(({ text }) => text);
  model.train(false);
  const encodings = await model.tokenizer.encodeBatch(texts, { maxLength: 32 });
  const { input, encoded } = model.network.encode(
    toEncoderInput(packSequences(encodings, [...texts.keys()]), "cpu"),
  );
  const own = noGrad(() => model.head.output(model, encoded, input, { vectors: true })).toArray();
  const last = encoded.hiddenStates.at(-2)!.toArray();
  const bounds = input.cuSeqlens.toArray();
  for (const text of texts.keys()) {
    const wanted = normalised(meanOf(last, bounds[text]!, bounds[text + 1]!));
    const beforeTanh = own.slice(text * WIDTH, (text + 1) * WIDTH).map(Math.atanh);
    assertClose(beforeTanh, wanted, { absolute: 2e-3 });
  }
  const { num_hidden_layers: layers } = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.equal(layers, 3);
  using saved = new SafetensorsReader(join(outputDir, "model.safetensors"));
  const stored = (name: string) =>
    new Float32Array(saved.read(`bert.encoder.layer.2.${name}`).slice().buffer);
  assert.ok(stored("attention.self.query.weight").every((weight) => weight === 0));
  assert.ok(stored("attention.output.LayerNorm.weight").every((weight) => weight === 1));
  model.dispose();
});

/** The numbers of the tiny model's vectors. */
const WIDTH = 32;

function meanOf(rows: Float64Array, first: number, end: number): Float64Array {
  const mean = new Float64Array(WIDTH);
  for (let row = first; row < end; row++)
    for (let column = 0; column < WIDTH; column++)
      mean[column]! += rows[row * WIDTH + column]! / (end - first);
  return mean;
}

/** Less the mean of its numbers, and of length 1. */
function normalised(vector: Float64Array): Float64Array {
  const middle = vector.reduce((sum, value) => sum + value, 0) / vector.length;
  const centred = vector.map((value) => value - middle);
  const length = Math.hypot(...centred);
  return centred.map((value) => value / length);
}

test("without validation rows the last layer is fitted, too", async () => {
  const { model } = await tuned({ epochs: 1 });
  const weights = model.network.head as unknown as { classifier: { bias: { toArray(): Float64Array } } };
  assert.ok(weights.classifier.bias.toArray().every((bias) => bias !== 0));
  model.dispose();
});

test("after a divergence the last layer is fitted to the last good weights, which are saved", async () => {
  const outputDir = join(temporaryDirectory(), "out");
  const { message } = await failureOf(tuned({ learningRate: 1e30, warmupRatio: 0, outputDir }));
  assert.match(message, /The model has the weights after step 0 again/);
  using saved = new SafetensorsReader(join(outputDir, "model.safetensors"));
  const biases = new Float32Array(saved.read("classifier.bias").slice().buffer);
  assert.ok(biases.every((bias) => bias !== 0)); // new ones are zeros
});

test("the loss is the mean over all pairs of how far cosines are from 1 within a label and from 0 between labels", async () => {
  using run = await prepareRun(settings({}), { emit() {} });
  const { model } = createTrainable(run, 3);
  model.train(false);
  const items = [3, 70, 159];
  const batch = model.batch(run.rows.train, items, { seed: 3, epoch: 0, numbers: [0, 1, 2] });
  const { places } = batch as unknown as { places: Int32Array };
  const { input, encoded } = model.network.encode(toEncoderInput(batch.packed, "cpu"));
  const head = model.head as TaskHead;
  const vectors = noGrad(() => head.output(model, encoded, input, { vectors: true }));
  const width = vectors.shape[1]!;
  assert.equal(places.length, 9);
  const vector = (member: number) =>
    Float32Array.from(vectors.toArray().slice(places[member]! * width, (places[member]! + 1) * width));
  const cosine = (a: number, b: number) => pairSimilarity("cosine", vector(a), vector(b));
  const squares = [0, 3, 6].flatMap((own) => [(cosine(own, own + 1) - 1) ** 2, cosine(own, own + 2) ** 2]);
  const wanted = squares.reduce((sum, square) => sum + square, 0) / 6;
  assertClose([model.loss(batch, totalsOn("cpu", { rows: 3 })).item()], [wanted], { relative: 1e-5 });
  model.dispose();
});

test("other seeds and epochs draw other pairs of the same rows, and the same ones the same", async () => {
  using run = await prepareRun(settings({}), { emit() {} });
  const { model } = createTrainable(run, 3);
  const items = Array.from({ length: 24 }, (_, row) => 10 * row);
  const textsOf = (seed: number, epoch: number) => {
    const batch = model.batch(run.rows.train, items, { seed, epoch, numbers: items });
    const { packed, places } = batch as unknown as { packed: PackedBatch; places: Int32Array };
    const textAt = (place: number) =>
      packed.inputIds.slice(packed.cuSeqlens[place], packed.cuSeqlens[place + 1]).join();
    return Array.from(places, textAt);
  };
  const drawn = textsOf(3, 0);
  assert.deepEqual(textsOf(3, 0), drawn);
  for (const others of [textsOf(4, 0), textsOf(3, 1)]) {
    assert.notDeepEqual(others, drawn);
    for (let own = 0; own < drawn.length; own += 3) assert.equal(others[own], drawn[own]);
  }
  model.dispose();
});

test("a batch in parts learns the same as the whole", async () => {
  const losses = async (options: object) => {
    const { history } = await outcome({ epochs: 1, batchSize: 64, ...options });
    return history.steps.map(({ loss }) => loss);
  };
  assertClose(await losses({ microBatchSize: 7 }), await losses({}), { relative: 1e-4 });
});

test("what pairs do not have is refused by its name", async () => {
  for (const [options, message] of [
    ...Object.entries({
      labelSmoothing: 0.1,
      classWeights: "balanced",
      balancedSampling: true,
      groupByLength: true,
      encoder: "frozen",
      longTexts: "mean",
      docStride: 4,
      teacherWeight: 0.5,
    }).map(
      ([name, value]) =>
        [
          { [name]: value },
          new RegExp(`^Expected no value with method "contrastive" for ${name} but received`),
        ] as const,
    ),
    [
      { method: "cross-entropy", pairsPerRow: 3 },
      /^Expected no value without method "contrastive" for pairsPerRow but received 3$/,
    ],
    [{ method: "pairs" }, /^Expected "cross-entropy" or "contrastive" for method but received "pairs"$/],
    [
      { train: train.slice(0, 3) },
      /^training rows: Expected at least two rows of each label, as pairs are made of them, but received 1 of "negative"$/,
    ],
    [
      { train: train.filter(({ label }) => label === "positive") },
      /^training rows: Expected at least two different labels but received only "positive"$/,
    ],
    [{ task: "multi-label", train: train.map(({ text }) => ({ text, labels: [] })) }, /"method"/],
  ] as const) {
    const { message: received } = await failureOf((async () => tuned(options))());
    assert.match(received, message);
  }
});
