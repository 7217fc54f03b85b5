import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { loadModel } from "../../lib/index.js";
import { PackedLayers } from "../../lib/models/bert/packed-layers.js";
import { parameterCounts } from "../../lib/models/training-memory.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { scope } from "../../lib/tensor/scope.js";
import { alterCheckpoint, storedZeros } from "../support/checkpoints.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";
import { loadSavedEncoder } from "../support/networks.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose, relativeError } from "../support/tolerance.js";

const golden = new GoldenTensors("families/tiny-electra_forward.safetensors");

/** A copy of a golden checkpoint with other fields in its config.json. */
function withFields(original: string, fields: object): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath(original), folder, { recursive: true });
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...fields }));
  return folder;
}

test("a projection stands between tables and layers where their widths differ", () => {
  const { encoder } = readConfig(goldenPath("families/tiny-electra"));
  assert.deepEqual([encoder.embeddingSize, encoder.hiddenSize], [8, 16]);
  const wide = readConfig(goldenPath("families/tiny-electra-wide")).encoder;
  assert.deepEqual([wide.embeddingSize, wide.hiddenSize], [null, 16]);
});

test("the parameters that memory is planned for are those of the encoder, and a pooler", () => {
  for (const name of ["tiny-electra", "tiny-electra-wide"]) {
    const network = loadSavedEncoder(goldenPath(`families/${name}`));
    const elements = [...network.namedParameters()].map(([, { size }]) => size);
    const pooler = 16 * 16 + 16;
    const { total } = parameterCounts(readConfig(goldenPath(`families/${name}`)).encoder, {});
    assert.equal(total, elements.reduce((sum, size) => sum + size, 0) + pooler);
  }
});

test("packed for prediction the encoder gives transformers' hidden states, with integers of 8 bits to two digits", () => {
  for (const int8 of [false, true]) {
    const { encoder } = loadSavedEncoder(goldenPath("families/tiny-electra"));
    encoder.packForPrediction({ int8 });
    assert.ok((encoder as unknown as { encoder: unknown }).encoder instanceof PackedLayers);
    const last = scope(() =>
      noGrad(() => encoder.forward(inputOf(golden.sequences())).lastHiddenState.toArray()),
    );
    const expected = golden.values("hidden_states.2");
    if (int8) assert.ok(relativeError(last, expected) < 0.03, `${relativeError(last, expected)}`);
    else assertClose(last, expected, { absolute: 1e-5, relative: 1e-5 });
  }
});

test("the head that tells replaced words is passed over: the model is an encoder", async () => {
  const folder = withFields("families/tiny-electra", {});
  alterCheckpoint("families/tiny-electra", folder, (tensors) => {
    for (const name of [...tensors.keys()].filter((one) => one.startsWith("classifier.")))
      tensors.delete(name);
    tensors.set("discriminator_predictions.dense.weight", storedZeros(16, 16));
    tensors.set("discriminator_predictions.dense_prediction.bias", storedZeros(1));
  });
  const path = join(folder, "config.json");
  const { id2label: _, label2id: __, ...json } = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...json, architectures: ["ElectraForPreTraining"] }));
  await using model = await loadModel(folder, { task: "features", dtype: "float32" });
  const [vector] = await model.embed(["a film"]);
  assert.equal(vector!.length, 16);
});

test("another summary of a sequence is refused for multiple choice, and is nothing to other heads", async () => {
  for (const [field, value, wanted] of [
    ["summary_type", "last", '"first"'],
    ["summary_use_proj", false, "true"],
    ["summary_activation", "tanh", '"gelu"'],
    ["summary_first_dropout", 0.1, "0"],
  ] as const) {
    await assert.rejects(loadModel(withFields("families/tiny-electra-choice", { [field]: value })), {
      code: "ERR_CHECKPOINT",
      message: new RegExp(
        `config\\.json: Expected ${wanted} for ${field} but received ${JSON.stringify(value)}`,
      ),
    });
    await using other = await loadModel(withFields("families/tiny-electra", { [field]: value }));
    assert.equal(other.task, "classification");
  }
});
