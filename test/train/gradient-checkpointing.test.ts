import "../support/one-thread.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { learningRateScale } from "../../lib/optim/learning-rate-scale.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { peakOfTensors } from "../support/measured-peak.js";
import { loadTinyBert } from "../support/networks.js";
import {
  masterBytes,
  reportsOf,
  type Settings,
  split,
  tinyBatches,
  tinyTraining,
} from "../support/training.js";

const tiny = loadTinyBert();
const freezeFirstLayer = (name: string) =>
  learningRateScale(tiny.depthOf(name), { numLayers: 2, freezeLayers: 1 });
const inTwos = () => tinyBatches().map((batch) => split(batch, 2));

/** Losses, gradient norms and final weights of ten updates of the tiny model with dropout on. */
async function runOf(gradientCheckpointing: boolean, settings: Partial<Settings>, updates = inTwos()) {
  const training = tinyTraining({ epochs: 2, ...settings }, updates);
  const reports = await reportsOf({ ...training, gradientCheckpointing });
  return { reports, weights: masterBytes(training.parameters) };
}

for (const [what, settings, updates] of [
  ["in one batch", {}, tinyBatches().map((batch) => [batch])],
  ["in four micro-batches", {}, inTwos()],
  ["in four micro-batches of bfloat16", { dtype: "bfloat16" as DType }, inTwos()],
  ["with a frozen layer", { learningRateScale: freezeFirstLayer }, inTwos()],
] as const) {
  test(`checkpointing changes no bit of training with dropout ${what}`, async () => {
    const whole = await runOf(false, settings, [...updates]);
    const checkpointed = await runOf(true, settings, [...updates]);
    assert.equal(whole.reports.length, 10);
    assert.deepEqual(checkpointed.reports, whole.reports);
    assert.ok(checkpointed.weights.equals(whole.weights));
  });
}

test("twenty-four layers with checkpointing take less than a third of the memory for activations", () => {
  const whole = peakOfTensors({ layers: 24, checkpointing: false });
  const checkpointed = peakOfTensors({ layers: 24, checkpointing: true });
  // One layer's inner tensors and 24 inputs instead of 24 layers' inner tensors: 83 MB instead of 414 were seen.
  assert.ok(checkpointed < whole / 3, `${checkpointed} bytes of ${whole}`);
});
