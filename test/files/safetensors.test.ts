import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SafetensorsReader, type TensorToStore, writeSafetensors } from "../../lib/files/safetensors.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const dtypes: [DType, number][] = [
  ["float64", 8],
  ["int64", 8],
  ["float32", 4],
  ["int32", 4],
  ["bfloat16", 2],
  ["float16", 2],
  ["uint8", 1],
  ["bool", 1],
];

test("a tensor of every dtype comes back with its shape and bytes, a scalar and an empty one too", () => {
  const path = join(temporaryDirectory(), "all.safetensors");
  const tensors = new Map<string, TensorToStore>();
  const add = (name: string, dtype: DType, shape: number[], size: number) => {
    const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 37 + size) % 256);
    tensors.set(name, { dtype, shape, bytes: () => bytes });
  };
  for (const [dtype, size] of dtypes) add(`a.${dtype}`, dtype, [3, 5], 15 * size);
  add("scalar", "float32", [], 4);
  add("empty", "float32", [0, 7], 0);
  add('ümlaut "quoted"', "uint8", [1], 1);
  writeSafetensors(path, tensors);

  using reader = new SafetensorsReader(path);
  assert.deepEqual([...reader.tensors.keys()], [...tensors.keys()]);
  for (const [name, { dtype, shape, bytes }] of tensors) {
    const stored = reader.tensors.get(name)!;
    assert.deepEqual({ dtype: stored.dtype, shape: stored.shape }, { dtype, shape });
    assert.deepEqual(reader.read(name), bytes());
  }
  assert.deepEqual(reader.metadata, { format: "pt" });
});

test("the data starts at a multiple of eight bytes, as the format's readers like it", () => {
  for (const name of ["a", "ab", "abc"]) {
    const path = join(temporaryDirectory(), "one.safetensors");
    writeSafetensors(path, new Map([[name, { dtype: "uint8", shape: [1], bytes: () => Uint8Array.of(7) }]]));
    using reader = new SafetensorsReader(path);
    assert.equal(reader.tensors.get(name)!.start % 8, 0);
  }
});

/** A file with this header before 16 bytes of data. */
function fileWith(header: unknown, claimedBytes?: number): string {
  const path = join(temporaryDirectory(), "broken.safetensors");
  const text = Buffer.isBuffer(header) ? header : Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(claimedBytes ?? text.length));
  writeFileSync(path, Buffer.concat([length, text, Buffer.alloc(16)]));
  return path;
}

function assertDamaged(path: string, what: RegExp): void {
  assert.throws(
    () => new SafetensorsReader(path)[Symbol.dispose](),
    ({ code, message }: { code: string; message: string }) => {
      assert.equal(code, "ERR_CHECKPOINT", message);
      assert.ok(message.startsWith(`${path} is damaged: `), message);
      assert.match(message, what);
      return true;
    },
  );
}

const good = { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] };

const damages: [string, unknown, RegExp][] = [
  ["a header that is no JSON", Buffer.from('{"w": {'), /its header is no JSON/],
  ["a header that is no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), /its header is no JSON/],
  ["a header that is null", null, /its header/],
  ["a header that is a list", [good], /its header/],
  ["a tensor without a shape", { w: { dtype: "F32", data_offsets: [0, 16] } }, /w\.shape/],
  ["a tensor that is a number", { w: 3 }, /w: /],
  ["a negative size", { w: { ...good, shape: [-2, -2] } }, /w\.shape/],
  ["metadata that is no text", { __metadata__: { a: { b: 1 } }, w: good }, /__metadata__\.a/],
  ["an unknown dtype", { w: { ...good, dtype: "F4" } }, /w has the unknown dtype F4/],
  ["offsets of text", { w: { ...good, data_offsets: ["0", "16"] } }, /w\.data_offsets/],
  ["offsets before the data", { w: { ...good, data_offsets: [-16, 0] } }, /w\.data_offsets/],
  ["one offset", { w: { ...good, data_offsets: [16] } }, /w\.data_offsets/],
  [
    "offsets that fall",
    { w: { ...good, data_offsets: [16, 0] } },
    /w of shape \[2,2\] and F32 cannot have -16 bytes/,
  ],
  ["fewer bytes than the shape needs", { w: { ...good, data_offsets: [0, 12] } }, /cannot have 12 bytes/],
  ["data beyond the file's end", { w: { ...good, data_offsets: [8, 24] } }, /w ends at byte \d+.*cut short/],
];

for (const [what, header, message] of damages) {
  test(`${what} is an error that names the file and the fault`, () => {
    assertDamaged(fileWith(header), message);
  });
}

test("a header longer than the file, or than any header is, is an error with both lengths", () => {
  assertDamaged(fileWith({}, 1000), /its header claims 1000 bytes of a file of 26/);
  assertDamaged(fileWith({}, 2 ** 53), /its header claims 9007199254740992 bytes/);
});

test("a file cut short anywhere is an error that names it", () => {
  const whole = readFileSync(goldenPath("tiny-bert/model.safetensors"));
  const path = join(temporaryDirectory(), "cut.safetensors");
  for (const length of [0, 5, 8, 100, whole.length >> 1, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, length));
    assertDamaged(path, /less than a header|its header claims|cut short/);
  }
});

test("a missing file is an error that names it", () => {
  assert.throws(() => new SafetensorsReader("nowhere/model.safetensors"), {
    code: "ERR_CHECKPOINT",
    message: /^nowhere\/model\.safetensors: ENOENT/,
  });
});
