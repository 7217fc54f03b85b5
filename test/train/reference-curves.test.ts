import assert from "node:assert/strict";
import { test } from "node:test";
import type { SequenceHead } from "../../lib/models/heads/sequence-head.js";
import type { Network } from "../../lib/models/network.js";
import { type Curve, GoldenTensors, goldenJson } from "../support/golden.js";
import { loadMiniLM, loadTinyBert, valuesOf, withoutMiniLM } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";
import {
  classifierTraining,
  goldenBatch,
  type LabelledBatch,
  reportsOf,
  split,
  tinyBatches,
} from "../support/training.js";

/** Trains as the golden run did and compares every step. The model's dropout is off. */
async function assertSameCurve(
  model: Network<SequenceHead>,
  batches: LabelledBatch[],
  golden: Curve,
  biasCorrection: boolean,
): Promise<void> {
  const { betas, eps, weightDecay, learningRate, warmupSteps, maxGradNorm } = golden;
  const updates = batches.map((batch) => [batch]);
  const training = classifierTraining(model, updates, {
    epochs: golden.steps / batches.length,
    learningRate,
    warmupSteps,
    maxGradNorm,
    optimizer: { beta1: betas[0], beta2: betas[1], eps, weightDecay, biasCorrection },
  });
  const reports = await reportsOf(training);
  const curveOf = (field: "loss" | "gradientNorm" | "learningRate") => reports.map((r) => r[field]);
  assertClose(curveOf("loss"), golden.losses, { absolute: 1e-4 }, "loss");
  assertClose(curveOf("learningRate"), golden.learningRates, { relative: 1e-12 }, "learning rate");
  // Like the losses, but norms reach 10.
  assertClose(curveOf("gradientNorm"), golden.gradientNorms, { relative: 1e-4 }, "gradient norm");
}

for (const [name, biasCorrection] of [
  ["adamw", true],
  ["bert_adamw", false],
] as const) {
  test(`20 steps of the tiny model with ${name} give PyTorch's losses and final weights`, async () => {
    const tensors = new GoldenTensors("tiny_training.safetensors");
    const model = loadTinyBert();
    const curves = goldenJson<Record<string, Curve>>("tiny_training.json");
    await assertSameCurve(model, tinyBatches(), curves[name]!, biasCorrection);

    const state = valuesOf(model);
    const finals = tensors.names().filter((key) => key.startsWith(`${name}.final.`));
    assert.equal(finals.length, 7);
    for (const key of finals) {
      const trained = state.get(key.slice(`${name}.final.`.length))!;
      // Rounding moves them by 2e-6, forgotten or misplaced weight decay by 1e-4.
      assertClose(trained, tensors.values(key), { absolute: 1e-5 }, key);
    }
  });
}

test("20 steps of MiniLM give PyTorch's losses", { skip: withoutMiniLM }, async () => {
  const { batchSize, adamw } = goldenJson<{ batchSize: number; adamw: Curve }>("minilm_training.json");
  const tensors = new GoldenTensors("minilm_training.safetensors");
  const batches = split(goldenBatch(tensors), batchSize);
  await assertSameCurve(loadMiniLM(tensors), batches, adamw, true);
});
