import "../../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { fineTune } from "../../../lib/tasks/fine-tuning/fine-tune.js";
import { fineTuneOptions } from "../../../lib/tasks/fine-tuning/options.js";
import type { ProgressEvent } from "../../../lib/tasks/fine-tuning/progress.js";
import { liveTensors } from "../../../lib/tensor/process.js";
import { failureOf, rowsOf, tinyRun } from "../../session/support.js";

// The task itself, in this thread: here the tensors can be counted, and an abort needs no message.

function settingsOf(options: Partial<Parameters<typeof fineTuneOptions.parse>[0] & object> = {}) {
  return fineTuneOptions.parse({ ...tinyRun, train: rowsOf(96), ...options });
}

for (const dtype of ["float32", "bfloat16"]) {
  test(`100 updates in ${dtype} leave no tensor behind, and dispose frees the rest`, async () => {
    const before = liveTensors();
    const counts: number[] = [];
    const emit = (event: ProgressEvent) => void (event.type === "step" && counts.push(liveTensors()));
    const settings = settingsOf({
      epochs: 17,
      microBatchSize: 8,
      evaluateEvery: 10,
      validation: rowsOf(8),
      dtype,
    });
    const { model } = await fineTune(settings, { emit });
    assert.equal(counts.length, 102);
    // The first update makes what the whole run keeps: gradients, the copy of the last good weights.
    assert.deepEqual(new Set(counts.slice(1)), new Set([counts[0]]));

    const trained = liveTensors();
    await model.predict(["the film was good", ["a film", "a story"]], {});
    assert.equal(liveTensors(), trained);
    model.dispose();
    assert.equal(liveTensors(), before);
  });
}

test("resident memory does not grow with the number of updates", async () => {
  const resident: number[] = [];
  const emit = (event: ProgressEvent) =>
    void (event.type === "step" && resident.push(process.memoryUsage.rss()));
  const { model } = await fineTune(settingsOf({ epochs: 50 }), { emit });
  model.dispose();
  const growth = (resident.at(-1)! - resident[100]!) / 2 ** 20;
  // An update's activations are some 2 MiB: 200 updates that kept only a tenth of them would take 40 MiB. JavaScript's
  // own heap may grow by some before it is collected.
  assert.ok(growth < 30, `resident memory grew by ${growth.toFixed(1)} MiB over 200 updates`);
});

test("an abort stops before the next update, and frees every tensor", async () => {
  const before = liveTensors();
  const controller = new AbortController();
  const steps: number[] = [];
  const emit = (event: ProgressEvent) => {
    if (event.type === "step") steps.push(event.step);
    if (event.type === "step" && event.step === 3) controller.abort(new Error("enough"));
  };
  const error = await failureOf(fineTune(settingsOf(), { emit, signal: controller.signal }));
  assert.equal(error.message, "enough");
  assert.deepEqual(steps, [1, 2, 3]);
  assert.equal(liveTensors(), before);
});

test("a run that diverges frees every tensor", async () => {
  const before = liveTensors();
  const settings = settingsOf({ learningRate: 1e30 });
  const error = await failureOf(fineTune(settings, { emit() {} }));
  assert.equal(error.code, "ERR_NON_FINITE");
  assert.equal(liveTensors(), before);
});

test("a run that diverges later goes back to weights of at most 20 updates before", async () => {
  const losses: number[] = [];
  const emit = (event: ProgressEvent) => void (event.type === "step" && losses.push(event.loss));
  // The decay alone makes each weight -5 times what it was, until float32 cannot hold its square.
  const settings = settingsOf({ epochs: 10, learningRate: 1, weightDecay: 6, warmupRatio: 0 });
  const error = await failureOf(fineTune(settings, { emit }));
  const [, kept] = error.message.match(/weights after step (\d+) again/) ?? [];
  assert.ok(losses.length > 20, "it should not diverge before there is something to go back to");
  assert.equal(Number(kept), Math.floor(losses.length / 20) * 20, error.message);
});
