import assert from "node:assert/strict";
import type { Module } from "../../lib/nn/module.js";
import { AdamW } from "../../lib/optim/adamw.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { learningRateAt, type Schedule } from "../../lib/optim/schedule.js";
import { type Training, train, type UpdateReport } from "../../lib/train/train.js";
import { stateOf } from "./classifiers.js";
import { DEVICE } from "./device.js";
import type { Curve, GoldenTensors } from "./golden.js";
import { assertClose } from "./tolerance.js";

/**
 * Trains a model as a golden run did, on its batches in turn, and compares every step, and the weights after the last
 * that the file has under `adamw.final.`. The model's dropout is off.
 */
export async function assertSameRun<Batch>(
  model: Module,
  batches: readonly Batch[],
  curve: Curve,
  golden: GoldenTensors,
  { counts, loss }: Pick<Training<Batch>, "counts" | "loss">,
): Promise<void> {
  const { betas, eps, weightDecay, learningRate, warmupSteps, maxGradNorm, steps } = curve;
  const parameters = new FlatParameters(model.namedParameters(), "float32", undefined, DEVICE);
  const schedule: Schedule = { name: "linear", learningRate, warmupSteps, totalSteps: steps };
  const reports: UpdateReport[] = [];
  await train<Batch>({
    parameters,
    optimizer: new AdamW(parameters, { beta1: betas[0], beta2: betas[1], eps, weightDecay }),
    learningRate: (step) => learningRateAt(step, schedule),
    updates: Array.from({ length: steps }, (_, step) => [batches[step % batches.length]!]),
    counts,
    loss,
    maxGradNorm,
    seed: 1,
    onUpdate: (report) => {
      reports.push(report);
    },
  });
  const curveOf = (field: "loss" | "gradientNorm" | "learningRate") => reports.map((report) => report[field]);
  assertClose(curveOf("loss"), curve.losses, { absolute: 1e-4 }, "loss");
  assertClose(curveOf("learningRate"), curve.learningRates, { relative: 1e-12 }, "learning rate");
  assertClose(curveOf("gradientNorm"), curve.gradientNorms, { relative: 1e-4 }, "gradient norm");

  const state = stateOf(model);
  const finals = golden.names().filter((name) => name.startsWith("adamw.final."));
  assert.ok(finals.length > 0);
  for (const name of finals) {
    const trained = state.get(name.slice("adamw.final.".length))!;
    // Rounding moves them by 2e-6, forgotten or misplaced weight decay by 1e-4.
    assertClose(trained, golden.values(name), { absolute: 1e-5 }, name);
  }
}
