import type { LibbertError } from "../errors.js";
import { computeGradients } from "../nn/gradient-checkpointing.js";
import { gradientNorm } from "../optim/gradient-norm.js";
import { clippingScale } from "../optim/gradient-scale.js";
import { trainingState } from "../optim/memory.js";
import { zeros } from "../tensor/create.js";
import { deviceMemory } from "../tensor/device.js";
import { freeDropoutKeys, startDropoutStream } from "../tensor/random.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { isOutOfMemory, outOfMemory } from "./out-of-memory.js";
import { type Counts, totalsOn } from "./totals.js";
import type { Training } from "./training.js";
import type { UpdateFigures } from "./update-figures.js";
import type { WeightSnapshot } from "./weight-snapshot.js";

/** One update, about to be made. */
export interface Update<Batch> {
  batches: Batch[];
  /** What all its micro-batches count, on all ranks. */
  totals: Counts;
  step: number;
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
 */
export function update<Batch>(
  training: Training<Batch>,
  { batches, totals, step, isReportDue }: Update<Batch>,
  figures: UpdateFigures<Batch>,
  lastGood: WeightSnapshot,
): void {
  const { parameters, optimizer, ranks, maxGradNorm } = training;
  const learningRate = training.learningRate(step);
  try {
    const { loss, norm } = computeUpdate(training, { batches, totals, step });
    using scale = clippingScale(loss, norm, maxGradNorm); // NaN, which changes nothing, if either is not finite
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

/** The update's loss, float64 [] or [parts], and its gradients, of which it gives the norm, float64 []: on the device. */
function computeUpdate<Batch>(
  training: Training<Batch>,
  { batches, totals, step }: Pick<Update<Batch>, "batches" | "totals" | "step">,
): { loss: Tensor; norm: Tensor } {
  const { parameters, ranks, seed, gradientCheckpointing, lossParts } = training;
  return scope(() => {
    training.prepareUpdate?.(batches, () => startDropoutStream(seed, step));
    const shape = lossParts === undefined ? [] : [lossParts];
    const loss = zeros(shape, { dtype: "float64", device: parameters.device }); // a rank may have no rows left
    const divisors = totalsOn(parameters.device, totals);
    for (const [index, batch] of batches.entries()) {
      const isLast = index === batches.length - 1;
      // With checkpointing, backward comes more than once to a parameter that several steps use.
      if (isLast && !gradientCheckpointing) ranks?.startReduction();
      startDropoutStream(seed, step); // a micro-batch draws the masks that its rows would have in the whole batch
      scope(() => {
        const share = computeGradients(() => training.loss(batch, divisors), gradientCheckpointing);
        loss.add_(share.detach());
      });
      // The last one's gradients the ranks' reduction collects, chunk by chunk.
      if (batches.length > 1 && !(isLast && ranks)) parameters.collectGradients();
    }
    ranks?.finishReduction();
    ranks?.sum(loss);
    return { loss, norm: gradientNorm(parameters, ranks) };
  });
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
