import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOfCompute } from "../../lib/distributed/ranks.js";

test("ranks compute on GPUs of any number, but all on GPUs or none, and in one type", () => {
  assert.deepEqual(factsOfCompute({ device: "cuda:3", dtype: "float32" }), {
    device: "cuda",
    dtype: "float32",
  });
  assert.deepEqual(factsOfCompute({ device: "cpu", dtype: "bfloat16" }), {
    device: "cpu",
    dtype: "bfloat16",
  });
});
