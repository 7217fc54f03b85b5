import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { crc32c } from "../../lib/files/crc32c.js";
import { Cursor } from "../../lib/files/tensorflow/varint.js";
import * as b from "../support/bundles.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { drawFaults, drawFaultsInFile } from "./drawn-faults.js";
import { tries } from "./tries.js";

function copyOfCheckpoint(): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath("formats/tensorflow"), folder, { recursive: true });
  return folder;
}

/** Each tensor's bytes, as a checksum. */
function readAll(folder: string): Map<string, number> {
  using weights = new CheckpointWeights(folder);
  return new Map(weights.names().map((name) => [name, crc32c(weights.read(name))]));
}

test("a checkpoint of TensorFlow with faults in any of its files: an error at once, or what was written", () => {
  const folder = copyOfCheckpoint();
  const written = readAll(folder);
  for (const file of ["bert_model.ckpt.index", "bert_model.ckpt.data-00000-of-00001"])
    drawFaultsInFile(tries(150, 1_000_000), join(folder, file), () =>
      assert.deepEqual(readAll(folder), written),
    );
});

test("an index whose faults its checksums cover: an error at once, or tensors within the file", () => {
  const folder = copyOfCheckpoint();
  const path = join(folder, "bert_model.ckpt.index");
  const written = readAll(folder);
  const whole = readFileSync(path);
  const end = new Cursor(whole.subarray(-48), (why) => new Error(why)).varint(); // of the block with all entries
  const block = whole.subarray(0, end - 5);
  writeFileSync(path, b.table([b.sealed(block)]));
  assert.deepEqual(readAll(folder), written);
  drawFaults(tries(300, 1_000_000), block, (content) => {
    writeFileSync(path, b.table([b.sealed(content)]));
    using weights = new CheckpointWeights(folder);
    for (const name of weights.names())
      if (weights.describe(name).dtype !== null) assert.ok(weights.read(name).length <= 6472);
  });
});
