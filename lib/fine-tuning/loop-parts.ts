import { capturable } from "../models/device-batch.js";
import type { TrainableModel } from "../tasks/build-model.js";
import type { TaskBatch } from "../tasks/head.js";
import type { Training } from "../train/training.js";
import type { PreparedRun } from "./prepare-run.js";

type LoopParts = Pick<
  Training<TaskBatch>,
  "parameters" | "maxGradNorm" | "gradientCheckpointing" | "counts" | "prepareUpdate" | "loss" | "capturable"
>;

/** What the training loop is given of a run and its model, whatever the updates are made for. */
export function loopParts({ settings }: PreparedRun, { model, parameters }: TrainableModel): LoopParts {
  const { maxGradNorm, gradientCheckpointing } = settings;
  return {
    ...{ parameters, maxGradNorm, gradientCheckpointing },
    counts: (batch) => model.counts(batch),
    prepareUpdate: (batches, restartDropout) => model.prepareUpdate(batches, restartDropout),
    loss: (batch, totals) => model.loss(batch, totals),
    capturable: capturable(model, parameters.device),
  };
}
