import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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
  assert.equal(reader.metadata.format, "pt");
});

test("a flipped bit anywhere in the data is an error that names the tensor; other readers' files have no checksums", () => {
  const path = join(temporaryDirectory(), "flipped.safetensors");
  const tensors = new Map<string, TensorToStore>();
  for (const name of ["a", "__proto__", "7"])
    tensors.set(name, { dtype: "uint8", shape: [8], bytes: () => new Uint8Array(8).fill(3) });
  writeSafetensors(path, tensors);
  const whole = readFileSync(path);
  const dataStart = whole.length - 24;
  for (let bit = 0; bit < 8 * 24; bit++) {
    const flipped = Buffer.from(whole);
    flipped[dataStart + (bit >> 3)]! ^= 1 << (bit & 7);
    writeFileSync(path, flipped);
    using reader = new SafetensorsReader(path);
    const name = [...tensors.keys()][Math.floor(bit / 64)]!;
    assert.throws(() => reader.read(name), {
      code: "ERR_CHECKPOINT",
      message: `${path} is damaged: the numbers of ${name} are not those that were saved (their checksum differs)`,
    });
    for (const other of tensors.keys()) if (other !== name) assert.equal(reader.read(other)[0], 3);
  }
  using foreign = new SafetensorsReader(fileWith({ w: good }));
  assert.equal(foreign.read("w").length, 16);
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
  ["a negative size", { w: { ...good, shape: [-2, -2] } }, /shape/],
  ["metadata that is no text", { __metadata__: { a: { b: 1 } }, w: good }, /__metadata__\.a/],
  ["an unknown dtype", { w: { ...good, dtype: "F5" } }, /w has the unknown dtype F5/],
  [
    "the name of a property that objects have as dtype",
    { w: { ...good, dtype: "toString" } },
    /dtype toString/,
  ],
  ["offsets of text", { w: { ...good, data_offsets: ["0", "16"] } }, /w\.data_offsets/],
  ["offsets before the data", { w: { ...good, data_offsets: [-16, 0] } }, /data_offsets/],
  ["one offset", { w: { ...good, data_offsets: [16] } }, /w\.data_offsets/],
  [
    "offsets that fall",
    { w: { ...good, data_offsets: [16, 0] } },
    /w of shape \[2,2\] and F32 cannot have -16 bytes/,
  ],
  ["fewer bytes than the shape needs", { w: { ...good, data_offsets: [0, 12] } }, /cannot have 12 bytes/],
  ["data beyond the file's end", { w: { ...good, data_offsets: [8, 24] } }, /w ends at byte \d+.*cut short/],
  [
    "tensors that overlap",
    { v: good, w: { ...good, shape: [2], data_offsets: [8, 16] } },
    /w starts at byte 8 of/,
  ],
  ["two tensors of the same bytes", { v: good, w: good }, /w starts at byte 0 of/],
  ["a gap between tensors", { w: { ...good, shape: [2], data_offsets: [8, 16] } }, /w starts at byte 8 of/],
  [
    "bytes behind the last tensor",
    { w: { ...good, shape: [2], data_offsets: [0, 8] } },
    /8 bytes behind its last/,
  ],
  ["bytes of no tensor", {}, /16 bytes behind its last/],
  ["a shape too large for any file", { w: { ...good, shape: [2 ** 40, 2 ** 40, 0] } }, /too many elements/],
];

/** Texts that `JSON.parse` takes and the reference reader does not. */
const oddTexts: [string, string, RegExp][] = [
  [
    "a size with a point",
    `{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16.0]}}`,
    /16\.0 is no whole number/,
  ],
  [
    "a size with an exponent",
    `{"w":{"dtype":"F32","shape":[4e0],"data_offsets":[0,16]}}`,
    /4e0 is no whole number/,
  ],
  [
    "a size of minus zero",
    `{"w":{"dtype":"F32","shape":[4],"data_offsets":[-0,16]}}`,
    /-0 is no whole number/,
  ],
  [
    "a field twice",
    `{"w":{"shape":[1],"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`,
    /the field shape twice/,
  ],
  ["metadata twice", `{"__metadata__":{},"__metadata__":{}}`, /the field __metadata__ twice/],
  ["a tensor twice, at two places", `{"w":${half(0)},"w":${half(8)}}`, /w starts at byte 8 of/],
  ["half of a surrogate pair", `{"\\ud800":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`, /is no text/],
  ["brackets without end", `{"w":{"x":${"[".repeat(200)}${"]".repeat(200)}}}`, /header/],
  ["a byte order mark", `\uFEFF{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`, /no JSON/],
];

function half(start: number): string {
  return `{"dtype":"F32","shape":[2],"data_offsets":[${start},${start + 8}]}`;
}

for (const [what, text, message] of oddTexts) {
  test(`${what} in a header is an error, as with the reference reader`, () => {
    assertDamaged(fileWith(Buffer.from(text)), message);
  });
}

test("what the reference reader takes is read: every type, spaces around, further fields, null metadata, lists of fields", () => {
  const entry = `{"dtype":"F32","shape":[4],"data_offsets":[0,16]}`;
  for (const [text, shape] of [
    [` {"w":${entry}}\n\t`, [4]],
    [`{"w":{"extra":[{"shape":1}],"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`, [4]],
    [`{"__metadata__":null,"w":${entry}}`, [4]],
    [`{"w":["F32",[4],[0,16]]}`, [4]],
    [`{"w":${entry},"w":${entry}}`, [4]],
    [`{"w":{"dtype":"C64","shape":[2],"data_offsets":[0,16]}}`, [2]],
    [`{"w":{"dtype":"F4","shape":[32],"data_offsets":[0,16]}}`, [32]],
    [`{"w":{"dtype":"I8","shape":[16],"data_offsets":[0,16]}}`, [16]],
    [`{"e":{"dtype":"F32","shape":[0],"data_offsets":[16,16]},"w":${entry}}`, [4]],
  ] as const) {
    using reader = new SafetensorsReader(fileWith(Buffer.from(text)));
    assert.deepEqual(reader.tensors.get("w")!.shape, shape, text);
    assert.equal(reader.read("w").length, 16);
  }
});

test("a Git LFS pointer, a folder and a FIFO in the place of the file are named for what they are", () => {
  const folder = temporaryDirectory();
  const pointer = join(folder, "model.safetensors");
  writeFileSync(
    pointer,
    `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 9\n`,
  );
  const fails = (path: string, message: RegExp) =>
    assert.throws(() => new SafetensorsReader(path), { code: "ERR_CHECKPOINT", message });
  fails(pointer, /is a Git LFS pointer, not the file itself: run "git lfs install" and "git lfs pull"/);
  fails(folder, /^Expected a file at \S+ but found a folder$/);
  execFileSync("mkfifo", [join(folder, "fifo")]);
  fails(join(folder, "fifo"), /but found a FIFO$/);
  fails("/dev/zero", /but found a device$/);
});

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
