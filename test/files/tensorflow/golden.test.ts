import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { BertVariables } from "../../../lib/checkpoint/tensorflow/bert-variables.js";
import { crc32c, masked } from "../../../lib/files/crc32c.js";
import { SafetensorsReader } from "../../../lib/files/safetensors.js";
import type { TensorFile } from "../../../lib/files/tensor-file.js";
import { BundleReader } from "../../../lib/files/tensorflow/bundle-reader.js";
import { goldenPath } from "../../support/golden.js";

const weights = new SafetensorsReader(goldenPath("formats/weights.safetensors"));
const heads = new SafetensorsReader(goldenPath("formats/tensorflow-heads.safetensors"));

function assertSame(own: TensorFile, expected: SafetensorsReader, names: readonly string[]): void {
  for (const name of names) {
    const { dtype, shape } = own.tensors.get(name)!;
    assert.deepEqual({ dtype, shape }, { dtype: "float32", shape: expected.tensors.get(name)!.shape }, name);
    assert.deepEqual(own.read(name), expected.read(name), name);
    const slices: Uint8Array[] = [];
    own.readSlices(name, new Uint8Array(20), (bytes) => slices.push(bytes.slice()));
    assert.deepEqual(new Uint8Array(Buffer.concat(slices)), expected.read(name), name);
  }
}

test("CRC-32C is that of RFC 3720, piece by piece as at once", () => {
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  const bytes = Buffer.from("123456789");
  for (let cut = 0; cut <= 9; cut++)
    assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), 0xe3069283);
  assert.equal(masked(0), 0xa282ead8);
});

for (const [folder, prefix] of [
  ["tensorflow", "bert_model.ckpt"],
  ["tensorflow-training", "model.ckpt-20"],
] as const)
  test(`the variables that TensorFlow saved in ${folder} are the tensors of transformers, bit for bit, and no others`, () => {
    using variables = new BertVariables(goldenPath(`formats/${folder}/${prefix}.index`));
    assert.deepEqual([...variables.tensors.keys()].sort(), [...weights.tensors.keys()].sort());
    assertSame(variables, weights, [...weights.tensors.keys()]);
  });

test("what the optimizer kept is in the checkpoint, and not among the model's tensors", () => {
  const path = goldenPath("formats/tensorflow-training/model.ckpt-20.index");
  using bundle = new BundleReader(path);
  const { dtype, shape } = bundle.tensors.get("global_step")!;
  assert.deepEqual({ dtype, shape }, { dtype: "int64", shape: [] });
  assert.equal(Buffer.from(bundle.read("global_step")).readBigInt64LE(), 20n);
  assert.ok(bundle.tensors.has("bert/pooler/dense/kernel/adam_m"));
});

for (const [folder, prefix, head] of [
  ["tensorflow-classifier", "model.ckpt-7", "classifier"],
  ["tensorflow-squad", "model.ckpt-9", "qa_outputs"],
] as const)
  test(`the head that BERT's own code fine-tuned in ${folder} is that of transformers, bit for bit`, () => {
    using variables = new BertVariables(join(goldenPath(`formats/${folder}`), `${prefix}.index`));
    assertSame(variables, heads, [`${head}.weight`, `${head}.bias`]);
    const encoder = [...weights.tensors.keys()].filter((name) => name.startsWith("bert."));
    assert.equal(variables.tensors.size, encoder.length + 2);
    assertSame(variables, weights, encoder);
  });
