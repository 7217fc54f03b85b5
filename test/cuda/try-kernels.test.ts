import assert from "node:assert/strict";
import { before, test } from "node:test";
import { native } from "../../lib/tensor/native.js";
import { TRIALS } from "../../lib/tensor/own-kernels/trials.js";
import { tryKernels } from "../../lib/tensor/own-kernels/try-kernels.js";
import { openEmulator, skip } from "./emulator.js";

before(() => {
  if (!skip) openEmulator();
});

test("there is a trial of all that has kernels of its own", { skip }, () => {
  assert.deepEqual([...native.ownKernels()].sort(), Object.keys(TRIALS).sort());
});

// LibTorch's LayerNorm keeps the means of bfloat16 in bfloat16 on the CPU, and in float32 on a GPU, as our kernels do.
const NORMALISED = ["bert_embeddings", "dropout_add_layer_norm"];

for (const name of Object.keys(TRIALS)) {
  test(`the trial of ${name} finds that the kernels, emulated, give what LibTorch's give`, { skip }, () => {
    const dtypes = NORMALISED.includes(name) ? (["float32"] as const) : undefined;
    assert.equal(tryKernels(name, "cpu", dtypes), undefined);
  });
}

test("kernels without a trial are not right, and a name that none have is refused", { skip }, () => {
  assert.equal(tryKernels("softmax", "cpu"), "there is no trial of them");
  assert.throws(() => native.useOwnKernels(["gelu", "softmax"]), /Expected .*gelu.* but received softmax/s);
});
