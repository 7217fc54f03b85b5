import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { zipSync } from "fflate";
import { PytorchReader } from "../../../lib/files/pytorch/pytorch-reader.js";
import { goldenPath } from "../../support/golden.js";
import * as p from "../../support/pickles.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const OBJECT = p.dictionary({ w: p.tensor(p.storage("0", 2)) });
const NUMBERS = { 0: Uint8Array.from({ length: 8 }, (_, index) => index) };

function assertFails(content: Uint8Array, message: RegExp): void {
  const path = join(temporaryDirectory(), "pytorch_model.bin");
  writeFileSync(path, content);
  const read = () => {
    using reader = new PytorchReader(path);
    for (const name of reader.tensors.keys()) reader.read(name);
  };
  assert.throws(read, { code: "ERR_CHECKPOINT", message });
}

/** The file with other bytes behind the nth place of a signature. */
function patched(file: Uint8Array, signature: string, offset: number, bytes: Uint8Array, nth = 0): Buffer {
  const copy = Buffer.from(file);
  let at = -1;
  for (let found = 0; found <= nth; found++) at = copy.indexOf(signature, at + 1, "latin1");
  copy.set(bytes, at + offset);
  return copy;
}

const CENTRAL = "PK\x01\x02";
const LOCAL = "PK\x03\x04";
const END = "PK\x05\x06";
const whole = p.zipFile(OBJECT, NUMBERS);

test("the file that the following ones are made of is read", () => {
  const path = join(temporaryDirectory(), "pytorch_model.bin");
  writeFileSync(path, whole);
  using reader = new PytorchReader(path);
  assert.deepEqual(reader.read("w"), NUMBERS[0]);
});

const ARCHIVES: readonly [what: string, content: Uint8Array, message: RegExp][] = [
  ["no pickle", zipSync({ "a/data.pk": OBJECT }, { level: 0 }), /a zip archive with no data\.pkl/],
  [
    "two pickles",
    zipSync({ "a/data.pkl": OBJECT, "b/data.pkl": OBJECT }, { level: 0 }),
    /with several data\.pkl/,
  ],
  [
    "a program of TorchScript",
    p.zipFile(OBJECT, NUMBERS, { "a/constants.pkl": OBJECT }),
    /a program of TorchScript/,
  ],
  [
    "big-endian numbers",
    p.zipFile(OBJECT, NUMBERS, { "a/byteorder": p.bytesOf("big") }),
    /one of byte order "big"/,
  ],
  ["a storage that is missing", p.zipFile(OBJECT), /its storage "0" is not there/],
  [
    "a storage that is too short",
    p.zipFile(OBJECT, { 0: new Uint8Array(7) }),
    /storage "0" has 7 bytes where its pickle says 8/,
  ],
  [
    "a storage that is too long",
    p.zipFile(OBJECT, { 0: new Uint8Array(12) }),
    /has 12 bytes where its pickle says 8/,
  ],
  [
    "a compressed pickle",
    zipSync({ "a/data.pkl": [OBJECT, { level: 9 }], "a/data/0": NUMBERS[0] }),
    /entry "a\/data\.pkl" is compressed/,
  ],
  [
    "a compressed storage",
    zipSync({ "a/data.pkl": [OBJECT, { level: 0 }], "a/data/0": NUMBERS[0] }),
    /entry "a\/data\/0" is compressed/,
  ],
  ["an encrypted pickle", patched(whole, CENTRAL, 8, p.bytesOf(1)), /is compressed or encrypted/],
  [
    "a flipped bit in its numbers",
    patched(whole, "\x00\x01\x02\x03", 0, p.bytesOf(1)),
    /the numbers of w are not those that were saved/,
  ],
  ["no directory", whole.subarray(0, whole.length - 30), /without a directory at its end: it was cut short/],
  [
    "a directory beyond the file",
    patched(whole, END, 16, p.u32(1e6)),
    /its directory claims \d+ bytes from 1000000 on/,
  ],
  [
    "a directory of four gigabytes",
    patched(whole, END, 12, p.u32(0xfffffffe)),
    /its directory claims 4294967294 bytes/,
  ],
  ["a directory that begins elsewhere", patched(whole, END, 16, p.u32(3)), /claims|no entry at byte 3/],
  [
    "a directory of zip64 that is not there",
    patched(whole, END, 16, p.u32(0xffffffff)),
    /whose directory cannot be found/,
  ],
  [
    "an entry longer than the directory",
    patched(whole, CENTRAL, 28, p.bytesOf(0xff, 0xff)),
    /ends within the entry/,
  ],
  [
    "an entry without its large size",
    patched(whole, CENTRAL, 24, p.u32(0xffffffff)),
    /entry "a\/data\.pkl" has no size/,
  ],
  [
    "an entry that reaches into the next",
    patched(whole, CENTRAL, 20, p.bytesOf(p.u32(1000), p.u32(1000))),
    /reaches into what follows it/,
  ],
  [
    "an entry without its own header",
    patched(whole, LOCAL, 0, p.bytesOf("XX"), 1),
    /entry "a\/data\/0" has no header/,
  ],
  [
    "an entry whose name reaches into the next",
    patched(whole, LOCAL, 28, p.bytesOf(0xff)),
    /reaches into what follows it/,
  ],
  ["two entries of one name", twice(), /it has two entries "a\/data\/0"/],
  ["two entries of the same bytes", shared(), /reaches into what follows it/],
];

function twice(): Buffer {
  return patched(p.zipFile(OBJECT, { ...NUMBERS, 1: NUMBERS[0] }), "a/data/1", 7, p.bytesOf("0"), 1);
}

/** The header of storage 0 also for 1. */
function shared(): Buffer {
  const two = Buffer.from(p.zipFile(OBJECT, { ...NUMBERS, 1: NUMBERS[0] }));
  return patched(two, CENTRAL, 42, p.u32(two.indexOf(LOCAL, 4, "latin1")), 2);
}

for (const [what, content, message] of ARCHIVES)
  test(`an archive with ${what} is an error that names it`, () => assertFails(content, message));

const LEGACY = p.legacyFile(OBJECT, ["0"], p.bytesOf(p.u32(2), p.u32(0), NUMBERS[0]));

const LEGACY_FILES: readonly [what: string, content: Uint8Array, message: RegExp][] = [
  ["another number at its beginning", p.pickle("K\x01"), /it is a pickle that torch\.save did not write/],
  [
    "another version",
    patched(LEGACY, "M\xe9\x03", 1, p.bytesOf(0xea)),
    /the version of its format is a number, not 1001/,
  ],
  [
    "big-endian numbers",
    patched(LEGACY, "little_endian\x88", 13, p.bytesOf(0x89)),
    /not known to be little-endian/,
  ],
  [
    "no keys",
    LEGACY.subarray(0, LEGACY.lastIndexOf(Buffer.from("\x80\x02](", "latin1"))),
    /goes on behind byte/,
  ],
  [
    "a storage without numbers",
    p.legacyFile(OBJECT, ["0"]),
    /it ends within its storage "0": it was cut short/,
  ],
  ["a storage that no key names", p.legacyFile(OBJECT), /its storage "0" is not there/],
  [
    "numbers that no tensor has",
    p.legacyFile(OBJECT, ["1"]),
    /numbers for a storage \("1"\) that its pickle does not name/,
  ],
  [
    "another length before its numbers",
    p.legacyFile(OBJECT, ["0"], p.bytesOf(p.u32(3), p.u32(0), NUMBERS[0])),
    /"0" has 3 numbers where its pickle says 2/,
  ],
];

for (const [what, content, message] of LEGACY_FILES)
  test(`a file of before torch 1.6 with ${what} is an error that names it`, () =>
    assertFails(content, message));

test("what is no file of torch's is named: a text, a Git LFS pointer, nothing, a folder, no file", () => {
  assertFails(p.bytesOf("PK"), /does not begin as a file of torch\.save does/);
  assertFails(p.bytesOf(), /does not begin as a file of torch\.save does/);
  assertFails(p.bytesOf("version https://git-lfs.github.com/spec/v1\n"), /is a Git LFS pointer/);
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "x"));
  assert.throws(() => new PytorchReader(join(folder, "x")), /Expected a file at \S+ but found a folder/);
  assert.throws(() => new PytorchReader(join(folder, "y")), { code: "ERR_CHECKPOINT", message: /y: ENOENT/ });
});

test("a file cut short anywhere is an error", () => {
  for (const name of ["tensors-zip.bin", "tensors-legacy.bin"]) {
    const content = readFileSync(goldenPath(`formats/${name}`));
    for (let length = 0; length < content.length; length += 97)
      assertFails(content.subarray(0, length), /cut short|goes on behind|does not begin|damaged/);
  }
});

test("a directory of zip64 is read", () => {
  const path = join(temporaryDirectory(), "pytorch_model.bin");
  const end = Buffer.from(whole.subarray(-22));
  const [bytes, start] = [end.readUInt32LE(12), end.readUInt32LE(16)];
  const u64 = (value: number) => p.bytesOf(p.u32(value), p.u32(0));
  const record = p.bytesOf("PK\x06\x06", u64(44), new Uint8Array(12), u64(2), u64(2), u64(bytes), u64(start));
  const locator = p.bytesOf("PK\x06\x07", p.u32(0), u64(whole.length - 22), p.u32(1));
  end.fill(0xff, 12, 20);
  writeFileSync(path, p.bytesOf(whole.subarray(0, -22), record, locator, end));
  using reader = new PytorchReader(path);
  assert.deepEqual(reader.read("w"), NUMBERS[0]);
});
