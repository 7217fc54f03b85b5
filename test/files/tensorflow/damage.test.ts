import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BertVariables } from "../../../lib/checkpoint/tensorflow/bert-variables.js";
import { BundleReader } from "../../../lib/files/tensorflow/bundle-reader.js";
import * as b from "../../support/bundles.js";
import { goldenPath } from "../../support/golden.js";
import { bytesOf, u32 } from "../../support/pickles.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const NUMBERS = Uint8Array.from({ length: 8 }, (_, index) => index);

/** A checkpoint of this index and these numbers. */
function checkpointOf(index: Uint8Array, numbers: Uint8Array = NUMBERS): string {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "bert_model.ckpt.index"), index);
  writeFileSync(join(folder, "bert_model.ckpt.data-00000-of-00001"), numbers);
  return join(folder, "bert_model.ckpt.index");
}

function assertFails(path: string, message: RegExp): void {
  const read = () => {
    using reader = new BundleReader(path);
    for (const name of reader.tensors.keys()) reader.read(name);
  };
  assert.throws(read, { code: "ERR_CHECKPOINT", message });
}

/** An index of one block with the header and these entries. */
function indexOf(...entries: readonly b.RawEntry[]): Buffer {
  return b.table([b.block([b.HEADER, ...entries])]);
}

test("the checkpoint that the following ones are made of is read, in one block and in several, and from several files", () => {
  const other = NUMBERS.toReversed();
  const path = checkpointOf(
    b.table([
      b.block([
        [0, "", b.numberField(1, 2)],
        [0, "layer/a", b.entry(NUMBERS)],
      ]),
      b.block([
        [0, "layer/b", b.entry(other, { shard: 1, shape: [2, 1] })],
        [6, "c", b.entry(NUMBERS)],
      ]),
    ]),
  );
  const data = path.replace("index", "data-0000");
  cpSync(`${data}0-of-00001`, `${data}0-of-00002`);
  writeFileSync(`${data}1-of-00002`, other);
  using reader = new BundleReader(path);
  assert.deepEqual([...reader.tensors.keys()], ["layer/a", "layer/b", "layer/c"]);
  assert.deepEqual(reader.read("layer/a"), NUMBERS);
  assert.deepEqual(reader.read("layer/b"), other);
  assert.deepEqual(reader.tensors.get("layer/b")!.shape, [2, 1]);
});

const W = b.entry(NUMBERS);
const ALONE = b.handle(0, b.block([b.HEADER]).length - 5);
const MANY = Array.from(
  { length: 100_001 },
  (_, i): b.RawEntry => [0, String(i).padStart(6, "0"), bytesOf()],
);

const INDICES: readonly [what: string, index: Uint8Array, message: RegExp][] = [
  ["no footer", bytesOf("x"), /it has 1 bytes, less than a footer/],
  [
    "another ending",
    bytesOf(indexOf([0, "w", W]).subarray(0, -1), 0),
    /does not end as a checkpoint's index does: it was cut short/,
  ],
  [
    "a flipped bit",
    bytesOf(0xff, indexOf([0, "w", W]).subarray(1)),
    /its block at byte 0 is not what was written/,
  ],
  ["a compressed block", b.table([b.block([b.HEADER], 1)]), /its block at byte 0 is compressed/],
  [
    "a block beyond its end",
    b.table([b.block([b.HEADER])], [b.handle(0, 1e6)]),
    /a block at byte 0 reaches beyond its end/,
  ],
  [
    "a block at no place",
    b.table([b.block([b.HEADER])], [b.handle(2 ** 52, 2 ** 52)]),
    /reaches beyond its end/,
  ],
  ["the same block twice", b.table([b.block([b.HEADER])], [ALONE, ALONE]), /its blocks are not in order/],
  [
    "a block of restarts alone",
    b.table([b.sealed(bytesOf(u32(9)))]),
    /a block in it ends before its entries/,
  ],
  ["a block of nothing", b.table([b.sealed(bytesOf())]), /a block in it ends before its entries/],
  ["a key without its beginning", indexOf([9, "w", W]), /a key in it has no beginning, or no end/],
  ["a key of 1001 bytes", indexOf([0, "w".repeat(1001), W]), /a key in it has no beginning, or no end/],
  ["a key twice", indexOf([0, "w", W], [1, "", W]), /its keys are not in order/],
  ["keys that fall", indexOf([0, "w", W], [0, "v", W]), /its keys are not in order/],
  ["a hundred thousand entries", b.table([b.block(MANY)]), /more than 100000 entries/],
  [
    "a value that is cut",
    b.table([b.sealed(bytesOf(0, 1, 200, 1, "w", u32(0), u32(1)))]),
    /it ends within a value/,
  ],
  [
    "a number without end",
    b.table([b.sealed(bytesOf(Buffer.alloc(20, 0xff), u32(0), u32(1)))]),
    /a number of more than 53 bits/,
  ],
  [
    "a number of many zeros",
    b.table([b.sealed(bytesOf(Buffer.alloc(400, 0x80), 0, u32(0), u32(1)))]),
    /a number of more than 53 bits/,
  ],
  [
    "big-endian numbers",
    b.table([b.block([[0, "", bytesOf(b.numberField(1, 1), b.numberField(2, 1))]])]),
    /little-endian numbers/,
  ],
  [
    "a variable in pieces",
    indexOf([0, "w", b.entry(NUMBERS, { rest: b.bytesField(7, bytesOf()) })]),
    /"w" is stored in pieces/,
  ],
  [
    "numbers in a file that is not there",
    indexOf([0, "w", b.entry(NUMBERS, { shard: 1 })]),
    /numbers are in file 1 of 1/,
  ],
  [
    "numbers beyond their file",
    indexOf([0, "w", b.entry(NUMBERS, { start: 1 })]),
    /data-00000-of-00001 is damaged: it ends within the numbers of "w"/,
  ],
  [
    "a negative size",
    indexOf([0, "w", b.entry(NUMBERS, { rest: bytesOf(8 * 5, Buffer.alloc(9, 0xff), 1) })]),
    /more than 53 bits/,
  ],
  [
    "a shape of other bytes",
    indexOf([0, "w", b.entry(NUMBERS, { shape: [3] })]),
    /"w" of shape \[3\] and float32 cannot have 8 bytes/,
  ],
  ["a field of no kind", indexOf([0, "w", bytesOf(3)]), /in its entry "w", a field is of wire type 3/],
  [
    "other numbers",
    indexOf([0, "w", b.entry(NUMBERS.toReversed())]),
    /the numbers of w are not those that were saved/,
  ],
];

for (const [what, index, message] of INDICES)
  test(`a checkpoint of TensorFlow with ${what} is an error that names it`, () =>
    assertFails(checkpointOf(index), message));

test("a type that libbert does not compute with is listed, and a variable of objects refused by name", () => {
  using reader = new BundleReader(
    checkpointOf(indexOf([0, "text", b.entry(NUMBERS, { type: 7, shape: [] })])),
  );
  assert.deepEqual(reader.tensors.get("text")!.dtype, null);
  const objects = checkpointOf(indexOf([0, "layer/.ATTRIBUTES/VARIABLE_VALUE", W]));
  assert.throws(
    () => new BertVariables(objects),
    /its variable "layer\/\.ATTRIBUTES\/VARIABLE_VALUE" is one of TensorFlow 2/,
  );
});

test("a file of a checkpoint that is missing, cut short or a Git LFS pointer is named", () => {
  const folder = temporaryDirectory();
  cpSync(goldenPath("formats/tensorflow"), folder, { recursive: true });
  const [index, data] = ["index", "data-00000-of-00001"].map((end) => join(folder, `bert_model.ckpt.${end}`));
  const [wholeIndex, whole] = [readFileSync(index!), readFileSync(data!)];
  for (let length = 0; length < wholeIndex.length; length += 61) {
    writeFileSync(index!, wholeIndex.subarray(0, length));
    assertFails(index!, /index is damaged/);
  }
  writeFileSync(index!, "version https://git-lfs.github.com/spec/v1\n");
  assertFails(index!, /is a Git LFS pointer/);
  writeFileSync(index!, wholeIndex);
  writeFileSync(data!, whole.subarray(0, -1));
  assertFails(
    data!.replace("data-00000-of-00001", "index"),
    /ends within the numbers of "cls\/seq_relationship\/output_weights"/,
  );
  rmSync(data!);
  assertFails(index!, /data-00000-of-00001: ENOENT/);
});
