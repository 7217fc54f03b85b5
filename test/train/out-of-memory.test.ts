import assert from "node:assert/strict";
import { test } from "node:test";
import { native } from "../../lib/tensor/native.js";
import { bytesText, isOutOfMemory, outOfMemory } from "../../lib/train/out-of-memory.js";
import { failureOf, tinyTraining } from "../support/training.js";

const GIB = 2 ** 30;
const use = {
  device: "cuda:0",
  step: 12,
  state: { weights: 0.625 * GIB, optimizer: 0.8125 * GIB, gradients: 0.25 * GIB },
  peak: 77 * GIB,
  gradientCheckpointing: false,
};
const CUDA_WORDS =
  "addmm: CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 79.10 GiB of which 1.00 GiB is free.";

test("the error says how much was asked for, who has the memory and what to lower", () => {
  assert.equal(
    outOfMemory(new Error(CUDA_WORDS), use).message,
    "Out of memory on cuda:0 at step 12: 2.50 GiB was asked for; weights 640.00 MiB, optimizer 832.00 MiB, " +
      "gradients 256.00 MiB, activations and all else up to 75.31 GiB. To go on, gradientCheckpointing: true, " +
      "a lower microBatchSize or a lower maxSeqLength needs less",
  );
});

test("what is on already is not advised, and what nobody counts is not told", () => {
  const { message } = outOfMemory(new Error("no words of LibTorch's"), {
    ...use,
    peak: null,
    gradientCheckpointing: true,
  });
  assert.match(message, /: more than there is was asked for; .* gradients 256\.00 MiB\. To go on, a lower/);
});

test("bytes are told in the unit that suits them", () => {
  assert.deepEqual([512, 1536, 5 * 2 ** 20, 4096 * GIB].map(bytesText), [
    "512 bytes",
    "1.50 KiB",
    "5.00 MiB",
    "4096.00 GiB",
  ]);
});

/** More than the address space of any processor. */
const ABSURD = [2 ** 50];

test("LibTorch's refusal has the code, on the CPU too, and other errors have not", () => {
  assert.throws(() => native.empty(ABSURD, "float32", "cpu"), isOutOfMemory);
  assert.throws(
    () => native.empty([-1], "float32", "cpu"),
    (error) => !isOutOfMemory(error),
  );
});

test("a training that runs out of memory ends with that one error", async () => {
  const training = tinyTraining({ epochs: 1 });
  let updates = 0;
  const { reports, error } = await failureOf({
    ...training,
    loss: (batch, totals) => {
      if (++updates === 3) native.empty(ABSURD, "float32", "cpu");
      return training.loss(batch, totals);
    },
  });
  assert.equal(reports.length, 2);
  assert.equal(error.code, "ERR_OUT_OF_MEMORY");
  // The tiny model computes in float32: two moments take twice what the weights, or the gradients, do.
  assert.match(
    error.message,
    /^Out of memory on cpu at step 3: 4194304\.00 GiB was asked for; weights (.*), optimizer .*, gradients \1\. To/,
  );
});
