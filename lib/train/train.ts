import { setImmediate as nextTurn } from "node:timers/promises";
import { LibbertError } from "../errors.js";
import { computeGradients } from "../nn/gradient-checkpointing.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import type { Optimizer } from "../optim/optimizer.js";
import { startDropoutStream } from "../tensor/random.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { Divergence } from "./divergence.js";
import { WeightSnapshot } from "./weight-snapshot.js";

/** How many losses of each kind (examples, masked words, …) something counts. */
export type Counts = Readonly<Record<string, number>>;

/** What a task gives the training loop. The loop knows neither the model nor what a batch holds. */
export interface Training<Batch> {
  parameters: FlatParameters;
  optimizer: Optimizer;
  /** @param step updates made so far, from 0 */
  learningRate(step: number): number;
  /** Updates that the run has made already, where it continues another. Default: 0. */
  firstStep?: number;
  /** The updates from there on, each a list of micro-batches whose gradients are added up. */
  updates: Iterable<Batch[]> | AsyncIterable<Batch[]>;
  counts(batch: Batch): Counts;
  /**
   * The batch's share of the update's loss, shape []: each kind's sum divided by that kind's total over the whole
   * update, so that the shares add up to the mean however the update is cut.
   */
  loss(batch: Batch, totals: Counts): Tensor;
  /** Largest norm of the gradient; a longer one is scaled down to it. */
  maxGradNorm: number;
  /** Keep only what goes into each layer, and compute the rest again in backward: less memory, up to a third more time. */
  gradientCheckpointing?: boolean;
  /** With the update's number, the source of every dropout mask. */
  seed: number;
  signal?: AbortSignal;
  /** Called after each update. */
  onUpdate(report: UpdateReport, batches: Batch[]): void | Promise<void>;
}

/** Often enough to lose little; a copy costs about a tenth of an update. */
const UPDATES_PER_SNAPSHOT = 20;

/** What one update did. */
export interface UpdateReport {
  /** Updates done, this one included. */
  step: number;
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
  let step = training.firstStep ?? 0;
  for await (const batches of training.updates) {
    training.signal?.throwIfAborted();
    const report = update(training, batches, step, lastGood);
    step = report.step;
    await training.onUpdate(report, batches);
    await nextTurn();
  }
}

/** One update of the weights: forward and backward on each micro-batch, clip, step. */
function update<Batch>(
  training: Training<Batch>,
  batches: Batch[],
  step: number,
  lastGood: WeightSnapshot,
): UpdateReport {
  const { parameters, optimizer, seed, maxGradNorm } = training;
  const totals = sumOfCounts(batches.map((batch) => training.counts(batch)));

  let loss = 0;
  for (const batch of batches) {
    startDropoutStream(seed, step); // a micro-batch draws the masks that its rows would have in the whole batch
    loss += scope(() =>
      computeGradients(() => training.loss(batch, totals), training.gradientCheckpointing).item(),
    );
    if (batches.length > 1) parameters.collectGradients();
  }

  const gradientNorm = parameters.gradientNorm();
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw nonFinite(step + 1, loss, gradientNorm);

  if (step % UPDATES_PER_SNAPSHOT === 0 || lastGood.step === null) lastGood.take(step);
  const learningRate = training.learningRate(step);
  const clip = Math.min(1, maxGradNorm / (gradientNorm + 1e-6)); // the 1e-6 is PyTorch's, in clip_grad_norm_
  optimizer.step(learningRate, clip);
  parameters.zeroGradients();
  return { step: step + 1, loss, gradientNorm, learningRate };
}

function sumOfCounts(all: readonly Counts[]): Counts {
  const totals: Record<string, number> = {};
  for (const counts of all) {
    for (const [kind, count] of Object.entries(counts)) totals[kind] = (totals[kind] ?? 0) + count;
  }
  return totals;
}

function nonFinite(step: number, loss: number, gradientNorm: number): LibbertError {
  return new LibbertError(
    "ERR_NON_FINITE",
    `The loss became ${loss} and the gradient's norm ${gradientNorm} at step ${step}: ` +
      "a lower learning rate or a longer warm-up usually mends it",
  );
}
