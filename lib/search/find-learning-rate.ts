import { SINGLE_PROCESS } from "../distributed/partition.js";
import type { FineTuneEvent } from "../fine-tuning/events.js";
import { seedOf } from "../fine-tuning/options.js";
import { createTrainable, type PreparedRun, prepareRun } from "../fine-tuning/prepare-run.js";
import { epochUpdates } from "../fine-tuning/updates.js";
import { createOptimizer } from "../optim/create-optimizer.js";
import type { TrainableModel } from "../tasks/build-model.js";
import type { TaskBatch } from "../tasks/head.js";
import { Divergence } from "../train/divergence.js";
import { hasDiverged, rangeTestRate, smoothed, suggestLearningRate } from "../train/learning-rate-range.js";
import { train } from "../train/train.js";
import type {
  FindLearningRateSettings,
  LearningRateRange,
  RangeEvent,
} from "./find-learning-rate-options.js";

/** How a range test talks to the outside. */
export interface RangeTestContext {
  signal?: AbortSignal;
  emit(event: RangeEvent | FineTuneEvent): void;
}

/** Trains a model for a few updates with a rising rate, and throws it away: what counts is the curve of its losses. */
export async function findLearningRate(
  { updates, ...settings }: FindLearningRateSettings,
  context: RangeTestContext,
): Promise<LearningRateRange> {
  using run = await prepareRun(settings, context);
  const trainable = createTrainable(run, seedOf(run.settings));
  try {
    const { rates, losses } = await rangeTest(run, trainable, updates, context);
    const smooth = smoothed(losses);
    const curve = rates.map((learningRate, index) => {
      return { learningRate, loss: losses[index]!, smoothedLoss: smooth[index]! };
    });
    return { suggestion: suggestLearningRate(rates, losses), curve, diverged: rates.length < updates };
  } finally {
    trainable.model.dispose();
  }
}

async function rangeTest(
  run: PreparedRun,
  { model, parameters }: TrainableModel,
  updates: number,
  { signal, emit }: RangeTestContext,
): Promise<{ rates: number[]; losses: number[] }> {
  const { settings } = run;
  const rates: number[] = [];
  const losses: number[] = [];
  const optimizer = createOptimizer(settings.optimizer, parameters, settings.weightDecay);
  model.train(true);
  try {
    for await (const reports of train<TaskBatch>({
      parameters,
      optimizer,
      learningRate: (step) => rangeTestRate(step, updates),
      updates: endlessUpdates(run, model),
      counts: (batch) => model.counts(batch),
      loss: (batch, totals) => model.loss(batch, totals),
      maxGradNorm: settings.maxGradNorm,
      gradientCheckpointing: settings.gradientCheckpointing,
      seed: seedOf(settings),
      signal,
    })) {
      for (const { step, loss, learningRate } of reports) {
        rates.push(learningRate);
        losses.push(loss);
        emit({ type: "range", step, updates, learningRate, loss });
      }
      if (losses.length === updates || hasDiverged(losses)) break;
    }
  } catch (error) {
    if (!(error instanceof Divergence)) throw error; // a loss that is no number ends the test as a high one does
  } finally {
    optimizer.dispose();
  }
  return { rates, losses };
}

/** Epoch after epoch. */
function* endlessUpdates(
  { settings, microBatchSize, rows }: PreparedRun,
  model: TrainableModel["model"],
): Generator<TaskBatch[]> {
  const { batchSize, groupByLength, balancedSampling } = settings;
  const choices = { batchSize, groupByLength, balancedSampling, microBatchSize, seed: seedOf(settings) };
  for (let epoch = 0; ; epoch++) yield* epochUpdates(model, rows.train, choices, epoch, SINGLE_PROCESS);
}
