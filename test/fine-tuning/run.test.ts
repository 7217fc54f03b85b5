import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FineTuneEvent } from "../../lib/fine-tuning/events.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import type { FineTuneOptionsByTask } from "../../lib/index.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { failureOf, rowsOf, tinyRun } from "../session/support.js";
import { settingsOf } from "./settings.js";

// The task itself, in this thread: here the tensors can be counted, and an abort needs no message.

function tinySettings(options: Partial<FineTuneOptionsByTask["classification"]> = {}) {
  return settingsOf({ ...tinyRun, train: rowsOf(96), ...options });
}

for (const dtype of ["float32", "bfloat16"] as const) {
  test(`100 updates in ${dtype} leave no tensor behind, and dispose frees the rest`, async () => {
    const before = liveTensors();
    const counts: number[] = [];
    const emit = (event: FineTuneEvent) => void (event.type === "step" && counts.push(liveTensors()));
    const settings = tinySettings({
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
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const resident: number[] = [];
  const emit = (event: FineTuneEvent) => {
    if (event.type !== "step" || event.step % 10 !== 0) return;
    collectGarbage(); // how far JavaScript's own heap spreads before it is collected is chance
    resident.push(process.memoryUsage.rss());
  };
  const { model } = await fineTune(tinySettings({ epochs: 50 }), { emit });
  model.dispose();
  assert.equal(resident.length, 30);
  const growth = (resident.at(-1)! - resident[9]!) / 2 ** 20;
  // An update's activations are some 2 MiB: 200 updates that kept only a tenth of them would take 40 MiB.
  assert.ok(growth < 30, `resident memory grew by ${growth.toFixed(1)} MiB over 200 updates`);
});

test("an abort stops before the next update, and frees every tensor", async () => {
  const before = liveTensors();
  const controller = new AbortController();
  const steps: number[] = [];
  const emit = (event: FineTuneEvent) => {
    if (event.type === "step") steps.push(event.step);
    if (event.type === "step" && event.step === 3) controller.abort(new Error("enough"));
  };
  const error = await failureOf(fineTune(tinySettings(), { emit, signal: controller.signal }));
  assert.equal(error.message, "enough");
  assert.deepEqual(steps, [1, 2, 3]);
  assert.equal(liveTensors(), before);
});

test("a run that diverges frees every tensor", async () => {
  const before = liveTensors();
  const settings = tinySettings({ learningRate: 1e30 });
  const error = await failureOf(fineTune(settings, { emit() {} }));
  assert.equal(error.code, "ERR_NON_FINITE");
  assert.equal(liveTensors(), before);
});

test("a run that diverges later goes back to weights of at most 20 updates before", async () => {
  const losses: number[] = [];
  const emit = (event: FineTuneEvent) => void (event.type === "step" && losses.push(event.loss));
  // The decay alone makes each weight -5 times what it was, until float32 cannot hold its square.
  const rates = { learningRate: 1, schedule: "constant", weightDecay: 6, warmupRatio: 0 } as const;
  const settings = tinySettings({ epochs: 10, ...rates });
  const error = await failureOf(fineTune(settings, { emit }));
  const [, kept] = error.message.match(/weights after step (\d+) again/) ?? [];
  assert.ok(losses.length > 20, "it should not diverge before there is something to go back to");
  assert.equal(Number(kept), Math.floor(losses.length / 20) * 20, error.message);
});
