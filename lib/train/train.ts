import { setImmediate as nextTurn } from "node:timers/promises";
import { LibbertError } from "../errors.js";
import type { AdamW } from "../optim/adamw.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import { learningRateAt, type Schedule } from "../optim/schedule.js";
import { startDropoutStream } from "../tensor/random.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { Divergence } from "./divergence.js";
import { WeightSnapshot } from "./weight-snapshot.js";

/** What a task gives the training loop. The loop knows neither the model nor what a batch holds. */
export interface Training<Batch> {
  parameters: FlatParameters;
  optimizer: AdamW;
  schedule: Schedule;
  epochs: number;
  /** The updates of an epoch (from 0), each a list of micro-batches whose gradients are added up. */
  updates(epoch: number): Iterable<Batch[]>;
  /** Whether an update may have several micro-batches. */
  accumulates: boolean;
  /** The sum of the losses that the batch counts, shape []. */
  lossSum(batch: Batch): Tensor;
  /** How many losses (examples, tokens) the batch counts. */
  lossCount(batch: Batch): number;
  /** Largest norm of the gradient; a longer one is scaled down to it. */
  maxGradNorm: number;
  /** With the update's number, the source of every dropout mask. */
  seed: number;
  signal?: AbortSignal;
  /** Called after each update. */
  onUpdate(report: UpdateReport, batches: Batch[]): void | Promise<void>;
  /** Called after each epoch, with the number of epochs and updates done. */
  onEpochEnd(epochs: number, updates: number): void | Promise<void>;
}

/** Often enough to lose little; a copy costs about a tenth of an update. */
const UPDATES_PER_SNAPSHOT = 20;

/** What one update did. */
export interface UpdateReport {
  /** Updates done, this one included. */
  step: number;
  epoch: number;
  /** Mean over everything the update counted. */
  loss: number;
  /** Before clipping. */
  gradientNorm: number;
  learningRate: number;
}

/**
 * The training loop. Between updates it gives the event loop a turn, so that an abort or a message gets through.
 *
 * @throws the signal's reason, within one update; Divergence when a loss or gradient is not finite
 */
export async function train<Batch>(training: Training<Batch>): Promise<void> {
  const lastGood = new WeightSnapshot(training.parameters);
  try {
    await runUpdates(training, lastGood);
  } catch (error) {
    if (!(error instanceof LibbertError && error.code === "ERR_NON_FINITE")) throw error;
    lastGood.restore();
    throw new Divergence(error, lastGood.step);
  } finally {
    lastGood.dispose();
  }
}

async function runUpdates<Batch>(training: Training<Batch>, lastGood: WeightSnapshot): Promise<void> {
  let step = 0;
  for (let epoch = 0; epoch < training.epochs; epoch++) {
    for (const batches of training.updates(epoch)) {
      training.signal?.throwIfAborted();
      const report = update(training, batches, step, epoch, lastGood);
      step = report.step;
      await training.onUpdate(report, batches);
      await nextTurn();
    }
    await training.onEpochEnd(epoch + 1, step);
  }
}

/** One update of the weights: forward and backward on each micro-batch, clip, step. */
function update<Batch>(
  training: Training<Batch>,
  batches: Batch[],
  step: number,
  epoch: number,
  lastGood: WeightSnapshot,
): UpdateReport {
  const { parameters, optimizer, schedule, seed, maxGradNorm } = training;
  const count = batches.reduce((sum, batch) => sum + training.lossCount(batch), 0);

  let lossSum = 0;
  for (const batch of batches) {
    startDropoutStream(seed, step); // a micro-batch draws the masks that its rows would have in the whole batch
    lossSum += scope(() => {
      const loss = training.lossSum(batch);
      loss.backward();
      return loss.item();
    });
    if (training.accumulates) parameters.collectGradients();
  }

  // Gradients are of the sum; dividing by the count here makes them those of the mean over all micro-batches.
  const loss = lossSum / count;
  const gradientNorm = parameters.gradientNorm() / count;
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
    throw nonFinite(step + 1, epoch + 1, loss, gradientNorm);
  }

  if (step % UPDATES_PER_SNAPSHOT === 0) lastGood.take(step);
  const learningRate = learningRateAt(step, schedule);
  const clip = Math.min(1, maxGradNorm / (gradientNorm + 1e-6)); // the 1e-6 is PyTorch's, in clip_grad_norm_
  optimizer.step(learningRate, clip / count);
  parameters.zeroGradients();
  return { step: step + 1, epoch: epoch + 1, loss, gradientNorm, learningRate };
}

function nonFinite(step: number, epoch: number, loss: number, gradientNorm: number): LibbertError {
  return new LibbertError(
    "ERR_NON_FINITE",
    `The loss became ${loss} and the gradient's norm ${gradientNorm} at step ${step} (epoch ${epoch}): ` +
      "a lower learning rate or a longer warm-up usually mends it",
  );
}
