import assert from "node:assert/strict";
import { test } from "node:test";
import { masterBytes, reportsOf, tinyTraining } from "../support/training.js";

// With all threads of the machine: sums must not depend on which of them is faster.
for (const dtype of ["float32", "bfloat16"] as const) {
  test(`with the same seed, ${dtype} training with dropout repeats bit for bit; with another it does not`, async () => {
    const run = async (seed: number) => {
      const training = tinyTraining({ seed, dtype, epochs: 2 });
      const reports = await reportsOf(training);
      return { losses: reports.map(({ loss }) => loss), weights: masterBytes(training.parameters) };
    };
    const first = await run(5);
    assert.deepEqual(await run(5), first);
    const other = await run(6);
    assert.notDeepEqual(other.losses, first.losses);
    assert.notDeepEqual(other.weights, first.weights);
  });
}
