import assert from "node:assert/strict";
import type { NetworkLayout } from "../../lib/checkpoint/load-network.js";
import type { Network } from "../../lib/models/network.js";
import { AdamW } from "../../lib/optim/adamw.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { learningRateAt, type Schedule } from "../../lib/optim/schedule.js";
import type { Training } from "../../lib/train/train.js";
import { DEVICE } from "./device.js";
import type { Curve, GoldenTensors } from "./golden.js";
import { valuesOf } from "./networks.js";
import { assertClose } from "./tolerance.js";
import { reportsOf } from "./training.js";

/**
 * Trains a model as a golden run did, on its batches in turn, and compares every step, and the weights after the last
 * that the file has. The model's dropout is off.
 *
 * @param options.finals what the names of these weights begin with. Default: `adamw.final.`
 * @returns how many weights were compared, and the losses
 */
export async function assertSameRun<Batch>(
  network: Network,
  layout: NetworkLayout,
  batches: readonly Batch[],
  curve: Curve,
  golden: GoldenTensors,
  { counts, loss, finals = "adamw.final." }: Pick<Training<Batch>, "counts" | "loss"> & { finals?: string },
): Promise<{ compared: number; losses: number[] }> {
  const { betas, eps, weightDecay, learningRate, warmupSteps, maxGradNorm, steps } = curve;
  const parameters = new FlatParameters(network.namedParameters(), { device: DEVICE });
  const schedule: Schedule = { name: "linear", learningRate, warmupSteps, totalSteps: steps };
  const reports = await reportsOf<Batch>({
    parameters,
    optimizer: new AdamW(parameters, { beta1: betas[0], beta2: betas[1], eps, weightDecay }),
    learningRate: (step) => learningRateAt(step, schedule),
    updates: Array.from({ length: steps }, (_, step) => [batches[step % batches.length]!]),
    counts,
    loss,
    maxGradNorm,
    seed: 1,
  });
  const curveOf = (field: "loss" | "gradientNorm" | "learningRate") => reports.map((report) => report[field]);
  assertClose(curveOf("loss"), curve.losses, { absolute: 1e-4 }, "loss");
  assertClose(curveOf("learningRate"), curve.learningRates, { relative: 1e-12 }, "learning rate");
  assertClose(curveOf("gradientNorm"), curve.gradientNorms, { relative: 1e-4 }, "gradient norm");

  const state = valuesOf(network, layout);
  const compared = golden.names().filter((name) => name.startsWith(finals));
  assert.ok(compared.length > 0);
  for (const name of compared) {
    const trained = state.get(name.slice(finals.length))!;
    // Rounding moves them by 2e-6, forgotten or misplaced weight decay by 1e-4.
    assertClose(trained, golden.values(name), { absolute: 1e-5 }, name);
  }
  return { compared: compared.length, losses: curveOf("loss") };
}
