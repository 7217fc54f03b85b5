// In a file, and so a process, of its own: tensors that another test forgot would be collected while this one counts.
import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { native } from "../../lib/tensor/native.js";
import { train } from "../../lib/train/train.js";
import { failureOf, split, tinyBatches, tinyTraining } from "../support/training.js";

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
    for await (const _ of train({ ...training, gradientCheckpointing })) counts.push(native.liveTensors());
    assert.equal(counts.length, 100);
    assert.deepEqual([...new Set(counts)], [counts[0]]);
    training.optimizer.dispose();
    training.parameters.dispose();
    assert.equal(native.liveTensors(), before);
  });
}

/** How many tensors remain of a training that `end` brings to its end, once its optimizer and weights are disposed. */
async function remains(end: (training: ReturnType<typeof tinyTraining>) => Promise<void>): Promise<number> {
  const before = native.liveTensors();
  const training = tinyTraining({ epochs: 8 });
  await end(training);
  training.optimizer.dispose();
  training.parameters.dispose();
  return native.liveTensors() - before;
}

const never = () => false;

test("leaving the loop early frees all that the training made", async () => {
  const leaveAfter = (step: number) => async (training: ReturnType<typeof tinyTraining>) => {
    for await (const reports of train(training)) if (reports.at(-1)!.step === step) break;
  };
  assert.equal(await remains(leaveAfter(1)), 0);
  assert.equal(await remains(leaveAfter(25)), 0);
});

test("so does an abort, a loss that is NaN, and an error of a batch", async () => {
  const aborted = async (training: ReturnType<typeof tinyTraining>) => {
    const controller = new AbortController();
    let updates = 0;
    const counts: typeof training.counts = (batch) => {
      if (++updates === 7) controller.abort();
      return training.counts(batch);
    };
    await failureOf({ ...training, counts, signal: controller.signal, isReportDue: never });
  };
  assert.equal(await remains(aborted), 0);

  const diverged = async (training: ReturnType<typeof tinyTraining>) => {
    let updates = 0;
    const loss: typeof training.loss = (batch, totals) =>
      training.loss(batch, totals).mul(++updates === 7 ? Number.NaN : 1);
    await failureOf({ ...training, loss, isReportDue: (step) => step % 4 === 0 });
  };
  assert.equal(await remains(diverged), 0);

  const failed = async (training: ReturnType<typeof tinyTraining>) => {
    let updates = 0;
    const loss: typeof training.loss = (batch, totals) => {
      if (++updates === 7) throw new Error("a bad batch");
      return training.loss(batch, totals);
    };
    await failureOf({ ...training, loss, isReportDue: never });
  };
  assert.equal(await remains(failed), 0);
});
