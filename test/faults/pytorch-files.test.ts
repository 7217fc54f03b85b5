import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { LibbertError } from "../../lib/errors.js";
import { PytorchReader } from "../../lib/files/pytorch/pytorch-reader.js";
import { goldenPath } from "../support/golden.js";
import * as p from "../support/pickles.js";
import { processorClock } from "../support/processor-time.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { drawFaultsInFile } from "./drawn-faults.js";
import { tries } from "./tries.js";

/** Reads all that a file says it has; no tensor may have more bytes than the file. */
function readAll(path: string, fileBytes: number): void {
  using reader = new PytorchReader(path);
  for (const [name, { dtype }] of reader.tensors)
    if (dtype !== null) assert.ok(reader.read(name).length <= fileBytes, name);
}

for (const format of ["zip", "legacy"])
  test(`a file of torch.save (${format}) with faults anywhere: an error at once, or tensors within it`, () => {
    const path = join(temporaryDirectory(), "pytorch_model.bin");
    copyFileSync(goldenPath(`formats/tensors-${format}.bin`), path);
    drawFaultsInFile(tries(150, 1_000_000), path, () => readAll(path, 10_000));
  });

const STORED = p.storage("0", 2);
const NAMES = [
  "torch\nFloatStorage",
  "collections\nOrderedDict",
  "torch._utils\n_rebuild_tensor_v2",
  "os\nsystem",
];

/** Instructions of all kinds, and values that tensors are made of. */
const part = fc.oneof(
  fc.constantFrom(..."(01)]}taesubRQN.\x85\x86\x87\x88\x89\x93\x94").map((code) => p.bytesOf(code)),
  fc.constantFrom(..."hqKU\x8a\x8c\x80").chain((code) => fc.nat(3).map((value) => p.bytesOf(code, value))),
  fc.constantFrom(..."jrXTJ").chain((code) => fc.nat(3).map((value) => p.bytesOf(code, p.u32(value)))),
  fc.constantFrom(...NAMES).map((name) => p.bytesOf(`c${name}\n`)),
  fc.constantFrom(STORED, p.tensor(STORED), p.text("w"), p.text("storage"), p.int(-1), p.int(2)),
);

test("a pickle of any instructions in any order: an error at once, or tensors within the file", () => {
  const path = join(temporaryDirectory(), "pytorch_model.bin");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      writeFileSync(path, p.zipFile(p.pickle(...parts), { 0: new Uint8Array(8) }));
      const seconds = processorClock();
      try {
        readAll(path, 8);
      } catch (error) {
        if (!(error instanceof LibbertError)) throw error;
        assert.equal(error.code, "ERR_CHECKPOINT");
      }
      assert.ok(seconds() < 1);
    }),
    { numRuns: tries(300, 1_000_000) },
  );
});
