import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig, writeModel } from "../../lib/checkpoint/model-directory.js";
import { networkTensors } from "../../lib/checkpoint/tensors-to-store.js";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import { fineTune, loadModel } from "../../lib/index.js";
import { parseModelConfig } from "../../lib/models/model-config.js";
import { Network } from "../../lib/models/network.js";
import { scope } from "../../lib/tensor/scope.js";
import { NoHead } from "../support/networks.js";
import { taggedRows, tinyTagging } from "../support/tagged-rows.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const train = taggedRows(60);
const texts = train.slice(0, 10).map(({ tokens }) => tokens.join(" "));

/** The bytes of every stored tensor. */
function weightsOf(model: string): Map<string, Buffer> {
  using reader = new SafetensorsReader(join(model, "model.safetensors"));
  return new Map([...reader.tensors.keys()].map((name) => [name, Buffer.from(reader.read(name))]));
}

for (const dtype of ["float32", "bfloat16"] as const) {
  test(`in ${dtype}, a frozen encoder keeps its weights, while the new layer learns`, async () => {
    const outputDir = join(directory, dtype);
    const options = {
      ...tinyTagging,
      train,
      validation: train,
      encoder: "frozen",
      dtype,
      outputDir,
    } as const;
    await using model = await fineTune({ ...options, epochs: 10, learningRate: 5e-2 });
    const before = weightsOf(tinyTagging.model);
    const after = weightsOf(outputDir);
    const encoder = [...after.keys()].filter((name) => name.startsWith("bert."));
    assert.equal(encoder.length, before.size - 4, "all but pooler and classifier");
    for (const name of encoder) assert.deepEqual(after.get(name), before.get(name), name);

    const { trainLoss, metrics } = model.training!;
    assert.ok(trainLoss < 0.5 * model.history!.steps[0]!.loss, `loss ${trainLoss}`);
    assert.ok(metrics!.f1! > 0.3, `F1 ${metrics!.f1}`);
  });
}

test("a frozen encoder has no dropout in training: with none in the new layer, training sees evaluation's loss", async () => {
  const model = join(directory, "no-dropout-in-the-layer");
  cpSync(tinyTagging.model, model, { recursive: true });
  const config = JSON.parse(readFileSync(join(model, "config.json"), "utf8"));
  writeFileSync(join(model, "config.json"), JSON.stringify({ ...config, classifier_dropout: 0 }));
  // One update with all rows, which changes nothing: both losses are of the same weights and words.
  const options = { ...tinyTagging, model, train, validation: train, batchSize: 60, learningRate: 1e-30 };
  for (const encoder of ["frozen", "fine-tuned"] as const) {
    await using tuned = await fineTune({ ...options, encoder });
    const { trainLoss, metrics } = tuned.training!;
    const difference = Math.abs(trainLoss - metrics!.loss);
    if (encoder === "frozen") assert.ok(difference < 1e-5, `difference ${difference}`);
    else assert.ok(difference > 1e-3, "dropout shows in the loss");
  }
});

test("the last four layers side by side make a wider layer, which a loaded model has again", async () => {
  const outputDir = join(directory, "wide");
  const options = { ...tinyTagging, model: fourLayers(), train, outputDir };
  await using tuned = await fineTune({ ...options, encoder: "frozen", features: "concat-last-four" });
  const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.equal(config.token_classification.features, "concat-last-four");
  using reader = new SafetensorsReader(join(outputDir, "model.safetensors"));
  assert.deepEqual(reader.tensors.get("classifier.weight")!.shape, [5, 128]);

  await using loaded = await loadModel(outputDir, { task: "token-classification", dtype: "float32" });
  assert.deepEqual(await loaded.predict(texts), await tuned.predict(texts));
});

/** A BERT like the tiny one, with four layers of random weights. */
function fourLayers(): string {
  const copy = join(directory, "four-layers");
  cpSync(tinyTagging.model, copy, { recursive: true });
  const { json } = readConfig(copy);
  const architecture = { num_hidden_layers: 4, architectures: ["BertModel"] };
  const { family, encoder } = parseModelConfig({ ...json, ...architecture }, copy);
  const network = new Network(family.createEncoder(encoder), new NoHead());
  scope(() =>
    writeModel(copy, { ...json, ...architecture }, networkTensors(network, { family, head: null })),
  );
  network.dispose();
  return copy;
}

test("features other than the last layer's need a frozen encoder, and four layers", async () => {
  const options = { ...tinyTagging, train, features: "concat-last-four" } as const;
  await assert.rejects(fineTune(options), {
    code: "ERR_OPTION",
    message: 'Expected "frozen", which features needs, for encoder but received undefined',
  });
  await assert.rejects(fineTune({ ...options, encoder: "frozen" }), {
    code: "ERR_OPTION",
    message:
      'Expected "last-hidden", as the model has only 2 layers, for features but received "concat-last-four"',
  });
});
