import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { PytorchReader } from "../../../lib/files/pytorch/pytorch-reader.js";
import { SafetensorsReader } from "../../../lib/files/safetensors.js";
import { goldenPath } from "../../support/golden.js";
import { inPython, withoutPython } from "../../support/python.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

/** Asserts that a file of torch has the tensors of a safetensors file, bit by bit. */
function assertSame(path: string, expectedPath: string): void {
  using reader = new PytorchReader(path);
  using expected = new SafetensorsReader(expectedPath);
  assert.deepEqual([...reader.tensors.keys()].sort(), [...expected.tensors.keys()].sort());
  for (const [name, { dtype, shape }] of expected.tensors) {
    const own = reader.tensors.get(name)!;
    assert.deepEqual({ dtype: own.dtype, shape: own.shape }, { dtype, shape }, name);
    assert.deepEqual(reader.read(name), expected.read(name), name);
    if (reader.read(name).length > 0) assert.deepEqual(inSlices(reader, name), expected.read(name), name);
  }
}

function inSlices(reader: PytorchReader, name: string): Uint8Array {
  const slices: Uint8Array[] = [];
  let next = 0;
  reader.readSlices(name, new Uint8Array(16), (bytes, start) => {
    assert.equal(start, next);
    next += bytes.length;
    slices.push(bytes.slice());
  });
  return new Uint8Array(Buffer.concat(slices));
}

for (const format of ["zip", "legacy"])
  test(`tensors of every type, views and parameters that torch.save wrote (${format}) are bit for bit what torch has`, () =>
    assertSame(goldenPath(`formats/tensors-${format}.bin`), goldenPath("formats/tensors.safetensors")));

const SAVE = `
import json, sys, torch
from safetensors.torch import save_file
folder, = sys.argv[1:]
base = torch.arange(24.0).reshape(2, 3, 4)
module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
tensors = {"view": base[1, :, 1:3], "back": base.transpose(0, 2), "half": base.bfloat16(), **module.state_dict()}
save_file({n: t.detach().contiguous().clone() for n, t in tensors.items()}, f"{folder}/expected.safetensors")
number = 0
for protocol in (2, 3, 4, 5):
    for is_zip in (True, False):
        torch.save(tensors, f"{folder}/{number}.bin", pickle_protocol=protocol, _use_new_zipfile_serialization=is_zip)
        number += 1
torch.serialization.set_crc32_options(False)
torch.save(tensors, f"{folder}/{number}.bin")
torch.serialization.set_crc32_options(True)
print(number)
`;

test("what torch.save writes with each protocol, in both formats and without checksums, is read", {
  skip: withoutPython,
}, async () => {
  const folder = temporaryDirectory();
  const [last] = await inPython<number>(SAVE, [folder]);
  assert.equal(last, 8);
  for (let number = 0; number <= 8; number++)
    assertSame(join(folder, `${number}.bin`), join(folder, "expected.safetensors"));
});
