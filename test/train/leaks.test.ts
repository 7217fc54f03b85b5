// In a file, and so a process, of its own: tensors that another test forgot would be collected while this one counts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { native } from "../../lib/tensor/native.js";
import { train } from "../../lib/train/train.js";
import { split, tinyBatches, tinyTraining } from "../support/training.js";

native.setNumThreads(1); // so small a model only waits for a second thread, above all on a busy machine

for (const [what, dtype, size, gradientCheckpointing] of [
  ["float32 updates", "float32", 8, false],
  ["bfloat16 updates of four micro-batches", "bfloat16", 2, false],
  ["updates with gradient checkpointing", "float32", 4, true],
] as const) {
  test(`a hundred ${what} leave not one tensor more behind, and disposal none at all`, async () => {
    const before = native.liveTensors();
    const updates = tinyBatches().map((batch) => split(batch, size));
    const training = tinyTraining({ epochs: 20, dtype }, updates);
    const counts: number[] = [];
    await train({
      ...training,
      gradientCheckpointing,
      onUpdate: () => void counts.push(native.liveTensors()),
    });
    assert.equal(counts.length, 100);
    assert.deepEqual([...new Set(counts)], [counts[0]]);
    training.optimizer.dispose();
    training.parameters.dispose();
    assert.equal(native.liveTensors(), before);
  });
}
