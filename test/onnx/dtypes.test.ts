import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TensorToStore } from "../../lib/files/safetensors.js";
import { fineTune, loadModel } from "../../lib/index.js";
import { tensor } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { failureOf, rowsOf, tinyRun } from "../session/support.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";
import { loadSavedNetwork, logitsOf } from "../support/networks.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose, relativeError } from "../support/tolerance.js";
import { alteredModel } from "./altered-model.js";
import { exported, type Output, ofTokens, runOnnx } from "./run-onnx.js";

const golden = new GoldenTensors("tiny_forward.safetensors");
const sequences = golden.sequences();
const classify = (directory: string, file = "model.onnx"): Promise<Record<string, Output>> =>
  runOnnx(join(directory, "onnx", file), { sequences, paddingId: 0 });

const FILES = { fp16: "model_fp16.onnx", q8: "model_quantized.onnx" } as const;

for (const [dtype, error] of [
  ["fp16", 2e-3], // 11 bits
  ["q8", 3e-2], // 8 bits, of a network that has not learnt to be robust
] as const)
  test(`${dtype}: logits of texts and of masked words are near those of float32`, async () => {
    const { logits } = await classify(await exported(goldenPath("tiny-bert"), dtype), FILES[dtype]);
    const off = relativeError(logits!.values, golden.values("logits"));
    assert.ok(off > 0 && off < error, String(off));

    const words = new GoldenTensors("masked_lm.safetensors");
    const batch = { sequences: words.sequences("forward."), paddingId: 0 };
    const [whole, narrow] = await Promise.all(
      (["fp32", dtype] as const).map(async (one) => {
        const file = one === "fp32" ? "model.onnx" : FILES[dtype];
        const directory = await exported(goldenPath("tiny-bert-pretraining"), one);
        return ofTokens((await runOnnx(join(directory, "onnx", file), batch)).logits!, batch.sequences);
      }),
    );
    const offWords = relativeError(narrow!, whole!);
    assert.ok(offWords > 0 && offWords < error, String(offWords));
  });

test("a list of types makes a file of each, and transformers.js takes the first where it is not told", async () => {
  const directory = await exported(goldenPath("tiny-bert"), "q8", "fp32", "fp16");
  const sizes = ["model.onnx", FILES.fp16, FILES.q8].map(
    (file) => statSync(join(directory, "onnx", file)).size,
  );
  assert.ok(sizes[1]! < 0.6 * sizes[0]!, "two bytes in place of four");
  const config = JSON.parse(readFileSync(join(directory, "config.json"), "utf8"));
  assert.deepEqual(config["transformers.js_config"], { dtype: "q8" });
});

test("of q8, each weight of a linear layer and the table of words is there once, as integers, and no longer as float32", async () => {
  const bytes = readFileSync(
    join(await exported(goldenPath("tiny-bert-pretraining"), "q8"), "onnx", FILES.q8),
  ).toString("latin1");
  const counts = (name: string) => bytes.split(name).length - 1;
  const table = "bert.embeddings.word_embeddings.weight";
  assert.ok(counts(`${table}.integers`) > 0 && counts(`${table}.scales`) > 0);
  assert.equal(counts(table), counts(`${table}.integers`) + counts(`${table}.scales`));
  const layer = "bert.encoder.layer.0.intermediate.dense.weight";
  assert.equal(counts(layer), counts(`${layer}.integers`) + counts(`${layer}.scales`));
});

/** The stored tensors as another type. */
function storedAs(dtype: DType) {
  return (tensors: Map<string, TensorToStore>) => {
    for (const [name, { shape, bytes }] of tensors) {
      const values = new Float32Array(Uint8Array.from(bytes()).buffer);
      tensors.set(name, { dtype, shape, bytes: () => tensor(values).to(dtype).toBytes() });
    }
  };
}

for (const dtype of ["bfloat16", "float16", "float64"] as const)
  test(`weights that are stored in ${dtype} are exported as they are stored`, async () => {
    const folder = alteredModel("tiny-bert", {}, storedAs(dtype));
    const { logits } = await classify(await exported(folder));
    const own = logitsOf(loadSavedNetwork(folder, "sequence-classification", 3), inputOf(sequences));
    assertClose(logits!.values, own.toArray(), { absolute: 1e-4 });
  });

for (const dtype of ["bfloat16", "int8"] as const)
  test(`a model that computes in ${dtype} is exported in float32, from what is stored`, async () => {
    await using model = await loadModel(goldenPath("tiny-bert"), { dtype });
    const directory = join(temporaryDirectory(), "export");
    await model.exportOnnx(directory);
    const { logits } = await classify(directory);
    assertClose(logits!.values, golden.values("logits"), { absolute: 1e-4 });
  });

test("a model that was just fine-tuned is exported as it would be saved", async () => {
  await using model = await fineTune({ ...tinyRun, train: rowsOf(32) });
  const folder = temporaryDirectory();
  await model.save(join(folder, "saved"));
  await model.exportOnnx(join(folder, "export"));
  const [own, saved] = [join(folder, "export"), await exported(join(folder, "saved"))].map((directory) =>
    readFileSync(join(directory, "onnx/model.onnx")),
  );
  assert.deepEqual(own, saved);
});

test("numbers that float16 has no place for are refused by the weight's name, and so are infinities", async () => {
  const withLargest = (value: number) =>
    alteredModel("tiny-bert", {}, (tensors) => {
      const bytes = new Uint8Array(Float32Array.of(0, value, 0).buffer);
      tensors.set("classifier.bias", { dtype: "float32", shape: [3], bytes: () => bytes });
    });
  await exported(withLargest(7e4), "fp32");
  const large = await failureOf(exported(withLargest(7e4), "fp16"));
  assert.equal(large.code, "ERR_CHECKPOINT");
  assert.match(
    large.message,
    /finite numbers of type float16 in the weights but head\.classifier\.bias holds others/,
  );
  const infinite = await failureOf(exported(withLargest(Number.POSITIVE_INFINITY)));
  assert.match(infinite.message, /finite numbers of type float32 in the weights but head\.classifier\.bias/);
});
