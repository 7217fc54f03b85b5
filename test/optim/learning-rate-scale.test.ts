import assert from "node:assert/strict";
import { test } from "node:test";
import { learningRateScale } from "../../lib/optim/learning-rate-scale.js";
import { loadTinyBert } from "../support/classifiers.js";

const NAMES = {
  words: "bert.embeddings.word_embeddings.weight",
  first: "bert.encoder.layer.0.attention.output.LayerNorm.weight",
  second: "bert.encoder.layer.1.output.dense.bias",
  twelfth: "bert.encoder.layer.11.intermediate.dense.weight",
  pooler: "bert.pooler.dense.weight",
  head: "classifier.weight",
};

test("without decay and frozen layers every parameter has the full learning rate", () => {
  for (const name of Object.values(NAMES)) assert.equal(learningRateScale(name, { numLayers: 12 }), 1);
});

test("each step down from the head multiplies the learning rate by the decay", () => {
  const scaleOf = (name: string) => learningRateScale(name, { numLayers: 12, layerDecay: 0.5 });
  assert.equal(scaleOf(NAMES.head), 1);
  assert.equal(scaleOf(NAMES.pooler), 1);
  assert.equal(scaleOf(NAMES.twelfth), 0.5);
  assert.equal(scaleOf(NAMES.second), 0.5 ** 11);
  assert.equal(scaleOf(NAMES.first), 0.5 ** 12);
  assert.equal(scaleOf(NAMES.words), 0.5 ** 13);
});

test("freezing N layers freezes the embeddings, too, and leaves what is above", () => {
  const frozen = (freezeLayers: number) =>
    Object.keys(NAMES).filter(
      (key) => learningRateScale(NAMES[key as keyof typeof NAMES], { numLayers: 12, freezeLayers }) === 0,
    );
  assert.deepEqual(frozen(0), ["words"]);
  assert.deepEqual(frozen(1), ["words", "first"]);
  assert.deepEqual(frozen(2), ["words", "first", "second"]);
  assert.deepEqual(frozen(12), ["words", "first", "second", "twelfth"]);
});

test("a bare encoder's names, without a prefix, are understood as well", () => {
  const rates = { numLayers: 2, layerDecay: 0.5 };
  assert.equal(learningRateScale("embeddings.LayerNorm.weight", rates), 0.125);
  assert.equal(learningRateScale("encoder.layer.1.output.dense.bias", rates), 0.5);
});

test("every parameter of a BERT lies at a depth: nothing of its encoder passes for a head", () => {
  const full = [...loadTinyBert().namedParameters()]
    .map(([name]) => name)
    .filter((name) => learningRateScale(name, { numLayers: 2, layerDecay: 0.5 }) === 1);
  assert.deepEqual(full, [
    "bert.pooler.dense.weight",
    "bert.pooler.dense.bias",
    "classifier.weight",
    "classifier.bias",
  ]);
});
