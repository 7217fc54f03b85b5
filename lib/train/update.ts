import type { LibbertError } from "../errors.js";
import { trainingState } from "../optim/memory.js";
import { deviceMemory } from "../tensor/device.js";
import { freeDropoutKeys } from "../tensor/random.js";
import { type Change, updateGradients } from "./gradients.js";
import type { GraphsOfUpdates } from "./graphs-of-updates.js";
import { isOutOfMemory, outOfMemory } from "./out-of-memory.js";
import type { Training } from "./training.js";
import type { UpdateFigures } from "./update-figures.js";
import type { WeightSnapshot } from "./weight-snapshot.js";

/** One update, about to be made. */
export interface Update<Batch> extends Change<Batch> {
  /** Whether its figures, and those before, are to be read. */
  isReportDue: boolean;
}

/** Often enough to lose little; a copy costs about a tenth of an update. */
const UPDATES_PER_SNAPSHOT = 20;

/**
 * One update of the weights: forward and backward on each micro-batch, clip, step.
 *
 * @param figures gets the update's loss and norm
 * @param lastGood is kept up to date, while all figures are known to be finite
 * @param graphs compute all up to the clipping of small updates. Default: each kernel is launched by itself
 */
export function update<Batch>(
  training: Training<Batch>,
  { batches, totals, step, isReportDue }: Update<Batch>,
  figures: UpdateFigures<Batch>,
  lastGood: WeightSnapshot,
  graphs?: GraphsOfUpdates<Batch>,
): void {
  const { parameters, optimizer, ranks } = training;
  const learningRate = training.learningRate(step);
  try {
    const change = { batches, totals, step };
    const gradients = graphs?.gradients(change) ?? updateGradients(training, change);
    const { loss, norm } = gradients;
    using scale = gradients.scale;
    figures.add({ step: step + 1, learningRate, loss, gradientNorm: norm, batches });
    if (isReportDue) figures.read();
    if (lastGood.step === null || (isReportDue && isSnapshotDue(lastGood.step, step))) lastGood.take(step);
    optimizer.step(learningRate, scale, true);
    ranks?.gatherWeights();
    parameters.zeroGradients();
  } catch (error) {
    throw isOutOfMemory(error) ? withMemoryUse(error, training, step) : error;
  } finally {
    freeDropoutKeys();
  }
}

/** Whether a multiple of so many updates was passed since the last one. */
function isSnapshotDue(lastStep: number, step: number): boolean {
  return Math.floor(step / UPDATES_PER_SNAPSHOT) > Math.floor(lastStep / UPDATES_PER_SNAPSHOT);
}

function withMemoryUse<Batch>(error: Error, training: Training<Batch>, step: number): LibbertError {
  const { parameters, optimizer, gradientCheckpointing = false } = training;
  return outOfMemory(error, {
    device: parameters.device,
    step: step + 1,
    state: trainingState(parameters, optimizer),
    peak: deviceMemory(parameters.device)?.peak ?? null,
    gradientCheckpointing,
  });
}
