import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { initialiseNetwork, type LoadReport } from "../../lib/checkpoint/load-network.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { GoldenTensors, goldenPath } from "../support/golden.js";
import { loadTinyBert, newNetwork, valuesOf } from "../support/networks.js";
import { classifier, load, newTinyBert } from "./classifiers.js";

test("a head that is new as a whole keeps the checkpoint's pooler, which is pre-trained, and leaves its classifier", () => {
  const network = newTinyBert();
  const report: LoadReport = load(network, goldenPath("tiny-bert"), { newHead: "all" });
  assert.deepEqual(report, {
    initialised: ["classifier.weight", "classifier.bias"],
    ignored: ["classifier.bias", "classifier.weight"],
  });
  const [fresh, stored] = [valuesOf(network), valuesOf(loadTinyBert())];
  assert.deepEqual(fresh.get("bert.pooler.dense.weight"), stored.get("bert.pooler.dense.weight"));
  assert.notDeepEqual(fresh.get("classifier.weight"), stored.get("classifier.weight"));

  // In RoBERTa and DistilBERT both layers are the classifier's own.
  for (const [name, own] of [
    ["tiny-roberta", "classifier.dense."],
    ["tiny-distilbert", "pre_classifier."],
  ] as const) {
    const directory = goldenPath(`families/${name}`);
    const config = readConfig(directory);
    const other = newNetwork(config, "sequence-classification", 3);
    const { initialised } = load(other, directory, { family: config.family, newHead: "all" });
    assert.ok(initialised.includes(`${own}weight`) && initialised.includes(`${own}bias`), name);
  }
});

test("loading gives first values to what the checkpoint lacks alone, and these are the seed's and the name's", () => {
  const directory = goldenPath("tiny-bert-tokens"); // without a pooler
  const loaded = (seed: number) => {
    const network = withoutInitialisation(newTinyBert);
    const { initialised } = load(network, directory, { newHead: "all", seed });
    return { initialised, values: valuesOf(network) };
  };
  const { initialised, values } = loaded(5);
  assert.deepEqual(initialised, [
    "bert.pooler.dense.weight",
    "bert.pooler.dense.bias",
    "classifier.weight",
    "classifier.bias",
  ]);
  const stored = new GoldenTensors("tiny-bert-tokens/model.safetensors");
  const drawn = withoutInitialisation(newTinyBert);
  initialiseNetwork(drawn, classifier, 5);
  const expected = valuesOf(drawn);
  for (const [name, numbers] of values)
    assert.deepEqual(numbers, initialised.includes(name) ? expected.get(name) : stored.values(name), name);

  assert.deepEqual(loaded(5).values, values);
  const other = loaded(6).values;
  assert.notDeepEqual(other.get("classifier.weight"), values.get("classifier.weight"));
  assert.notDeepEqual(other.get("bert.pooler.dense.weight"), values.get("bert.pooler.dense.weight"));
  assert.deepEqual(
    other.get("bert.embeddings.word_embeddings.weight"),
    values.get("bert.embeddings.word_embeddings.weight"),
  );
});

test("a new network's values do not depend on its other layers, nor on its head", () => {
  const config = readConfig(goldenPath("tiny-bert"));
  const drawn = (layers: number, outputs: number) => {
    const changed = { ...config, encoder: { ...config.encoder, numHiddenLayers: layers } };
    const network = withoutInitialisation(() => newNetwork(changed, "sequence-classification", outputs));
    initialiseNetwork(network, classifier, 3);
    return valuesOf(network);
  };
  const [large, small] = [drawn(3, 4), drawn(1, 2)];
  for (const [name, numbers] of small)
    if (!name.startsWith("classifier.")) assert.deepEqual(large.get(name), numbers, name);
  const layer = (index: number) => large.get(`bert.encoder.layer.${index}.output.dense.weight`);
  assert.notDeepEqual(layer(0), layer(1));
});
