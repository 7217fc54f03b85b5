import assert from "node:assert/strict";
import { test } from "node:test";
import { learningRateScale } from "../../lib/optim/learning-rate-scale.js";
import { goldenPath } from "../support/golden.js";
import { loadSavedNetwork, loadTinyBert } from "../support/networks.js";

/** In an encoder of twelve layers. */
const DEPTHS = { words: 0, first: 1, second: 2, twelfth: 12, head: null };

test("without decay and frozen layers every parameter has the full learning rate", () => {
  for (const depth of Object.values(DEPTHS)) assert.equal(learningRateScale(depth, { numLayers: 12 }), 1);
});

test("each step down from the head multiplies the learning rate by the decay", () => {
  const scaleOf = (depth: number | null) => learningRateScale(depth, { numLayers: 12, layerDecay: 0.5 });
  assert.equal(scaleOf(DEPTHS.head), 1);
  assert.equal(scaleOf(DEPTHS.twelfth), 0.5);
  assert.equal(scaleOf(DEPTHS.second), 0.5 ** 11);
  assert.equal(scaleOf(DEPTHS.first), 0.5 ** 12);
  assert.equal(scaleOf(DEPTHS.words), 0.5 ** 13);
});

test("freezing N layers freezes the embeddings, too, and leaves what is above", () => {
  const frozen = (freezeLayers: number) =>
    Object.entries(DEPTHS)
      .filter(([, depth]) => learningRateScale(depth, { numLayers: 12, freezeLayers }) === 0)
      .map(([name]) => name);
  assert.deepEqual(frozen(0), ["words"]);
  assert.deepEqual(frozen(1), ["words", "first"]);
  assert.deepEqual(frozen(2), ["words", "first", "second"]);
  assert.deepEqual(frozen(12), ["words", "first", "second", "twelfth"]);
});

test("a network's parameters lie at the depth of their layer, under the network's own names", () => {
  const network = loadTinyBert();
  const scaleOf = (name: string) =>
    learningRateScale(network.depthOf(name), { numLayers: 2, layerDecay: 0.5 });
  assert.equal(scaleOf("encoder.embeddings.LayerNorm.weight"), 0.125);
  assert.equal(scaleOf("encoder.encoder.layer.0.attention.output.LayerNorm.weight"), 0.25);
  assert.equal(scaleOf("encoder.encoder.layer.1.output.dense.bias"), 0.5);
});

for (const name of ["tiny-bert", "families/tiny-distilbert", "families/tiny-roberta"]) {
  test(`every parameter of ${name} lies at a depth: nothing of its encoder passes for a head`, () => {
    const network = loadSavedNetwork(goldenPath(name), "sequence-classification", 3);
    const full = [...network.namedParameters()]
      .map(([parameter]) => parameter)
      .filter((parameter) => {
        const depth = network.depthOf(parameter);
        return learningRateScale(depth, { numLayers: 2, layerDecay: 0.5 }) === 1;
      });
    assert.deepEqual(full, [
      "head.pooler.dense.weight",
      "head.pooler.dense.bias",
      "head.classifier.weight",
      "head.classifier.bias",
    ]);
  });
}
