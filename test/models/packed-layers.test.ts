import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadedNetwork } from "../../lib/checkpoint/load-network.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import type { Activation } from "../../lib/models/activation.js";
import type { BertModel } from "../../lib/models/bert/bert-model.js";
import { PackedLayers } from "../../lib/models/bert/packed-layers.js";
import { Network, packForPrediction } from "../../lib/models/network.js";
import type { PackableSequence } from "../../lib/models/packing.js";
import { ownBfloat16ProductsAreFastest } from "../../lib/runtime/cpu.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { tensor } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { scope } from "../../lib/tensor/scope.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";
import { NoHead } from "../support/networks.js";
import { relativeError } from "../support/tolerance.js";

const sequences = new GoldenTensors("tiny_forward.safetensors").sequences();

interface Variant {
  dtype?: DType;
  activation?: Activation;
}

function tinyEncoder({ dtype = "float32", activation = "gelu" }: Variant = {}): BertModel {
  const directory = goldenPath("tiny-bert-bare");
  const { family, encoder } = readConfig(directory);
  using weights = new CheckpointWeights(directory);
  const make = () => new Network(family.createEncoder({ ...encoder, activation }), new NoHead());
  const loading = { family, head: null, encoder };
  return loadedNetwork(make, weights, loading, { dtype }).network.eval().encoder as BertModel;
}

/** The hidden states of all layers, one behind the other. */
function statesOf(model: BertModel, own: readonly PackableSequence[], causal = false): number[] {
  return scope(() =>
    noGrad(() => {
      const { hiddenStates } = model.forward({ ...inputOf(own), causal });
      return hiddenStates.flatMap((states) => [...states.toFloat32Array()]);
    }),
  );
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
}

for (const activation of ["gelu", "gelu_new", "relu"] as const) {
  for (const causal of [false, true]) {
    test(`packed layers give the hidden states of plain ones: ${activation}, causal ${causal}`, () => {
      const model = tinyEncoder({ activation });
      const plain = statesOf(model, sequences, causal);
      model.packForPrediction();
      assert.ok(model.encoder instanceof PackedLayers);
      // Both round in float32, each in its own order of sums: values are of the order of 1.
      assert.ok(largestDifference(statesOf(model, sequences, causal), plain) < 2e-6);
      model.dispose();
    });
  }
}

for (const activation of ["gelu", "gelu_new", "relu"] as const) {
  test(`layers that multiply integers of 8 bits give the hidden states to two digits: ${activation}`, () => {
    const model = tinyEncoder({ activation });
    const plain = statesOf(model, sequences);
    model.packForPrediction({ int8: true });
    const apart = relativeDistance(statesOf(model, sequences), plain);
    assert.ok(apart > 1e-4 && apart < 0.02, `${apart}`); // not the same by chance: they are rounded
    model.dispose();
  });
}

/** The length of the difference, as a share of what it is from. */
function relativeDistance(a: readonly number[], b: readonly number[]): number {
  const length = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  return length(a.map((value, index) => value - b[index]!)) / length(b);
}

test("word embeddings as integers are each within half of its row's step of those that they stand for", () => {
  const model = tinyEncoder();
  const table = model.wordEmbeddings.toFloat32Array();
  const { hiddenSize, vocabSize } = model.config;
  model.packForPrediction({ int8: true });
  const ids = tensor(Int32Array.from({ length: vocabSize }, (_, id) => id));
  const rows = noGrad(() => model.embeddings.word_embeddings.forward(ids)).toFloat32Array();
  for (let id = 0; id < vocabSize; id++) {
    const own = table.subarray(id * hiddenSize, (id + 1) * hiddenSize);
    const step = Math.max(...own.map(Math.abs)) / 127;
    for (const [index, value] of own.entries())
      assert.ok(Math.abs(rows[id * hiddenSize + index]! - value) <= 0.5001 * step);
  }
  assert.throws(() => model.wordEmbeddings, /quantised/);
  model.dispose();
});

test("a head that needs the word embeddings keeps them", () => {
  const model = tinyEncoder();
  const table = model.wordEmbeddings;
  model.packForPrediction({ int8: true, keepsWordEmbeddings: true });
  assert.equal(model.wordEmbeddings, table);
  model.dispose();
});

test("an activation that products of integers lack is refused by name", () => {
  const model = tinyEncoder({ activation: "quick_gelu" });
  assert.throws(() => model.packForPrediction({ int8: true }), {
    code: "ERR_OPTION",
    message:
      'Expected "float32" or "bfloat16", as the activation is quick_gelu, for dtype but received "int8"',
  });
  model.dispose();
});

test("in bfloat16 they compute the same, up to its rounding", () => {
  const model = tinyEncoder({ dtype: "bfloat16" });
  const plain = statesOf(model, sequences);
  model.packForPrediction();
  assert.ok(model.encoder instanceof PackedLayers);
  // A number is rounded by 2^-9 of itself a few times in each of two layers.
  assert.ok(relativeError(statesOf(model, sequences), plain) < 0.01);
  model.dispose();
});

const KINDS: { dtype?: DType; int8?: boolean }[] = [{}, { int8: true }];
if (ownBfloat16ProductsAreFastest()) KINDS.push({ dtype: "bfloat16" });
for (const { dtype = "float32", int8 = false } of KINDS) {
  test(`a sequence gets the same bits alone as among others: ${int8 ? "int8" : dtype}`, () => {
    const model = tinyEncoder({ dtype });
    model.packForPrediction({ int8 });
    const [first] = sequences;
    const alone = statesOf(model, [first!]);
    const together = statesOf(model, [first!, ...sequences.slice(1)]);
    const width = model.config.hiddenSize;
    const layers = model.config.numHiddenLayers + 1;
    const own = first!.inputIds.length * width;
    const all = together.length / layers;
    for (let layer = 0; layer < layers; layer++) {
      const start = layer * all;
      assert.deepEqual(together.slice(start, start + own), alone.slice(layer * own, (layer + 1) * own));
    }
    model.dispose();
  });
}

test("an activation that the operator lacks leaves the layers as they are", () => {
  const model = tinyEncoder({ activation: "quick_gelu" });
  const layers = model.encoder;
  const plain = statesOf(model, sequences);
  model.packForPrediction();
  assert.equal(model.encoder, layers);
  assert.deepEqual(statesOf(model, sequences), plain);
  model.dispose();
});

test("a network that cannot be packed as it is asked to is disposed", () => {
  const before = liveTensors();
  const network = new Network(tinyEncoder({ activation: "quick_gelu" }), new NoHead());
  assert.throws(() => packForPrediction(network, { int8: true }), { code: "ERR_OPTION" });
  assert.equal(liveTensors(), before);
});

for (const int8 of [false, true]) {
  test(`packing gives back what it does not need, and disposing the rest: int8 ${int8}`, () => {
    const before = liveTensors();
    const model = tinyEncoder();
    const loaded = liveTensors();
    model.packForPrediction({ int8 });
    // Of each linear layer, and of the word embeddings, the scales.
    const scales = int8 ? 4 * model.config.numHiddenLayers + 1 : 0;
    assert.equal(liveTensors(), loaded + scales);
    model.packForPrediction({ int8 });
    assert.equal(liveTensors(), loaded + scales);
    model.dispose();
    assert.equal(liveTensors(), before);
  });
}
