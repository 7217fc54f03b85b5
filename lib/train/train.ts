import { setImmediate as nextTurn } from "node:timers/promises";
import type { DataParallel } from "../distributed/data-parallel.js";
import { LibbertError } from "../errors.js";
import { computeGradients } from "../nn/gradient-checkpointing.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import { clippingScale } from "../optim/gradient-scale.js";
import { trainingState } from "../optim/memory.js";
import type { Optimizer } from "../optim/optimizer.js";
import { zeros } from "../tensor/create.js";
import { deviceMemory } from "../tensor/device.js";
import { startDropoutStream } from "../tensor/random.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { Divergence } from "./divergence.js";
import { isOutOfMemory, outOfMemory } from "./out-of-memory.js";
import { UpdateFigures, type UpdateReport } from "./update-figures.js";
import { WeightSnapshot } from "./weight-snapshot.js";

export type { UpdateReport } from "./update-figures.js";

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
   * The batch's share of the update's loss, shape [] or [lossParts]: each kind's sum divided by that kind's total over
   * the whole update, so that the shares add up to the mean however the update is cut.
   */
  loss(batch: Batch, totals: Counts): Tensor;
  /** How many parts `loss` gives, which add up to the loss. Default: the loss alone. */
  lossParts?: number;
  /** Largest norm of the gradient; a longer one is scaled down to it. */
  maxGradNorm: number;
  /** Keep only what goes into each layer, and compute the rest again in backward: less memory, up to a third more time. */
  gradientCheckpointing?: boolean;
  /** With the update's number, the source of every dropout mask. */
  seed: number;
  signal?: AbortSignal;
  /**
   * Whether `onUpdate` is due after this many updates, for this one and those before it: a GPU computes ahead, and to
   * read a loss is to wait for it. Default: after each
   */
  isReportDue?(step: number): boolean;
  /** The run's other processes: what each of them counts and computes is added up. */
  ranks?: DataParallel;
  /** Called for each update, in order. */
  onUpdate(report: UpdateReport, batches: Batch[]): void | Promise<void>;
}

/** Another rank was asked to stop, and all did after the same update. */
export class StoppedByRank extends LibbertError {
  constructor() {
    super("ERR_STOPPED", "Another rank was asked to stop");
  }
}

/** Often enough to lose little; a copy costs about a tenth of an update. */
const UPDATES_PER_SNAPSHOT = 20;

/**
 * The training loop. Between updates it gives the event loop a turn, so that an abort or a message gets through.
 *
 * @throws the signal's reason, within one update; Divergence when a loss or gradient is not finite; ERR_OUT_OF_MEMORY
 */
export async function train<Batch>(training: Training<Batch>): Promise<void> {
  const lastGood = new WeightSnapshot(training.parameters);
  const figures = new UpdateFigures<Batch>((report, of) => training.onUpdate(report, of));
  try {
    await runUpdates(training, lastGood, figures);
  } catch (error) {
    if (!(error instanceof LibbertError && error.code === "ERR_NON_FINITE")) throw error;
    await figures.deliver(); // of the updates before
    lastGood.restore();
    throw new Divergence(error, lastGood.step);
  } finally {
    figures.dispose();
    lastGood.dispose();
  }
}

async function runUpdates<Batch>(
  training: Training<Batch>,
  lastGood: WeightSnapshot,
  figures: UpdateFigures<Batch>,
): Promise<void> {
  const { signal } = training;
  let step = training.firstStep ?? 0;
  for await (const batches of training.updates) {
    const { totals, isToStop } = agree(training, batches);
    if (isToStop) {
      await figures.readAndDeliver();
      signal?.throwIfAborted();
      throw new StoppedByRank();
    }
    const isDue = training.isReportDue?.(step + 1) ?? true;
    update(training, { batches, totals, step: step++ }, lastGood, figures, isDue);
    if (isDue) await figures.deliver();
    await nextTurn();
  }
  await figures.readAndDeliver();
}

/** What the update counts, over all its micro-batches and ranks, and whether it is not to be made any more. */
function agree<Batch>(
  { counts, signal, ranks }: Training<Batch>,
  batches: Batch[],
): { totals: Counts; isToStop: boolean } {
  const isToStop = signal?.aborted ?? false;
  const own = sumOfCounts(batches.map((batch) => counts(batch)));
  return ranks ? ranks.agree(own, isToStop) : { totals: own, isToStop };
}

/** One update, about to be made. */
interface Update<Batch> {
  batches: Batch[];
  /** What all its micro-batches count, on all ranks. */
  totals: Counts;
  step: number;
}

/** One update of the weights: forward and backward on each micro-batch, clip, step. */
function update<Batch>(
  training: Training<Batch>,
  { batches, totals, step }: Update<Batch>,
  lastGood: WeightSnapshot,
  figures: UpdateFigures<Batch>,
  isReportDue: boolean,
): void {
  const { parameters, optimizer, ranks, maxGradNorm } = training;
  const learningRate = training.learningRate(step);
  try {
    const { loss, gradientNorm } = computeUpdate(training, { batches, totals, step });
    using scale = clippingScale(loss, gradientNorm, maxGradNorm); // NaN, which changes nothing, if either is not finite
    figures.add({ step: step + 1, learningRate, loss, gradientNorm, batches });
    if (isReportDue) figures.read();
    if (lastGood.step === null || (isReportDue && isSnapshotDue(lastGood.step, step))) lastGood.take(step);
    optimizer.step(learningRate, scale);
    ranks?.gatherWeights();
    parameters.zeroGradients();
  } catch (error) {
    throw isOutOfMemory(error) ? withMemoryUse(error, training, step) : error;
  }
}

/** The update's loss, float64 [] or [parts], and its gradients, of which it gives the norm, float64 []: on the device. */
function computeUpdate<Batch>(
  training: Training<Batch>,
  { batches, totals, step }: Update<Batch>,
): { loss: Tensor; gradientNorm: Tensor } {
  const { parameters, ranks, seed, gradientCheckpointing, lossParts } = training;
  return scope(() => {
    const shape = lossParts === undefined ? [] : [lossParts];
    const loss = zeros(shape, { dtype: "float64", device: parameters.device }); // a rank may have no rows left
    for (const [index, batch] of batches.entries()) {
      const isLast = index === batches.length - 1;
      // With checkpointing, backward comes more than once to a parameter that several steps use.
      if (isLast && !gradientCheckpointing) ranks?.startReduction();
      startDropoutStream(seed, step); // a micro-batch draws the masks that its rows would have in the whole batch
      scope(() => {
        const share = computeGradients(() => training.loss(batch, totals), gradientCheckpointing);
        loss.add_(share.detach());
      });
      // The last one's gradients the ranks' reduction collects, piece by piece.
      if (batches.length > 1 && !(isLast && ranks)) parameters.collectGradients();
    }
    ranks?.finishReduction();
    ranks?.sum(loss);
    return { loss, gradientNorm: parameters.gradientNorm(ranks) };
  });
}

/** Whether a multiple of so many updates was passed since the last one. */
function isSnapshotDue(lastStep: number, step: number): boolean {
  return Math.floor(step / UPDATES_PER_SNAPSHOT) > Math.floor(lastStep / UPDATES_PER_SNAPSHOT);
}

function sumOfCounts(all: readonly Counts[]): Counts {
  const totals: Record<string, number> = {};
  for (const counts of all) {
    for (const [kind, count] of Object.entries(counts)) totals[kind] = (totals[kind] ?? 0) + count;
  }
  return totals;
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
