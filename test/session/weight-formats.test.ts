import assert from "node:assert/strict";
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readSentenceFiles } from "../../lib/checkpoint/sentence/files.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { fineTune, loadModel } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import * as p from "../support/pickles.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const TEXTS = ["a [MASK] film", "good [MASK]"];
const LAYOUTS = ["pytorch-zip", "pytorch-legacy", "pytorch-sharded", "tensorflow", "tensorflow-training"];

/** The model of all layouts with its weights as safetensors. */
function safetensorsModel(): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath("formats/pytorch-zip"), folder, { recursive: true });
  copyFileSync(goldenPath("formats/weights.safetensors"), join(folder, "model.safetensors"));
  return folder;
}

async function predictionsOf(folder: string) {
  await using model = await loadModel(folder, { task: "masked-words" });
  return await model.predict(TEXTS);
}

for (const layout of LAYOUTS)
  test(`a model in the layout ${layout} predicts bit for bit what it does as safetensors`, async () => {
    assert.deepEqual(
      await predictionsOf(goldenPath(`formats/${layout}`)),
      await predictionsOf(safetensorsModel()),
    );
  });

test("where a folder has both, safetensors count: a pickle beside them is not opened", async () => {
  const folder = safetensorsModel();
  writeFileSync(join(folder, "pytorch_model.bin"), "no pickle at all");
  assert.equal((await predictionsOf(folder)).length, 2);
});

test("a model is fine-tuned from other formats as from safetensors, and is saved as safetensors", async () => {
  const losses: number[][] = [];
  const others = ["pytorch-legacy", "tensorflow"].map((layout) => goldenPath(`formats/${layout}`));
  for (const model of [...others, safetensorsModel()]) {
    const own: number[] = [];
    const outputDir = join(temporaryDirectory(), "tuned");
    await using tuned = await fineTune({
      ...{
        task: "classification",
        model,
        outputDir,
        epochs: 2,
        batchSize: 2,
        device: "cpu",
        dtype: "float32",
      },
      train: [
        { text: "good film", label: "yes" },
        { text: "bad", label: "no" },
      ],
      onProgress: (event) => event.type === "step" && own.push(event.loss),
    });
    assert.equal(tuned.task, "classification");
    using weights = new CheckpointWeights(outputDir);
    assert.ok(weights.metadata.libbert_crc32);
    losses.push(own);
  }
  assert.ok(losses[0]!.length > 0);
  assert.deepEqual(losses, Array(3).fill(losses[0]));
});

test("a dense layer of sentence-transformers is read from its pytorch_model.bin", () => {
  const folder = temporaryDirectory();
  const types = ["Transformer", "Pooling", "Dense"];
  const modules = types.map((type, idx) => ({
    idx,
    path: idx === 0 ? "" : `${idx}_${type}`,
    type: `sentence_transformers.models.${type}`,
  }));
  writeFileSync(join(folder, "modules.json"), JSON.stringify(modules));
  mkdirSync(join(folder, "2_Dense"));
  const object = p.dictionary({
    "linear.weight": p.tensor(p.storage("0", 2), { shape: [1, 2], strides: [2, 1] }),
    "linear.bias": p.tensor(p.storage("1", 1), { shape: [1] }),
  });
  const numbers = (...values: number[]) => new Uint8Array(Float32Array.of(...values).buffer);
  writeFileSync(
    join(folder, "2_Dense/pytorch_model.bin"),
    p.zipFile(object, { 0: numbers(1.5, -2), 1: numbers(7) }),
  );
  const { model } = readSentenceFiles(folder);
  assert.ok(model !== null && "layers" in model);
  assert.deepEqual(model.layers, [
    {
      kind: "dense",
      weight: { values: Float32Array.of(1.5, -2), rows: 1, columns: 2 },
      ...{ bias: Float32Array.of(7), activation: "tanh", residual: null },
    },
  ]);
});
