import { epochRows, mineFor } from "../fine-tuning/epoch-rows.js";
import type { FineTuneEvent } from "../fine-tuning/events.js";
import { loopParts } from "../fine-tuning/loop-parts.js";
import { seedOf } from "../fine-tuning/options.js";
import { createTrainable, type PreparedRun, prepareRun } from "../fine-tuning/prepare-run.js";
import { epochUpdates, updateSettingsOf } from "../fine-tuning/updates.js";
import { createOptimizer } from "../optim/create-optimizer.js";
import type { TrainableModel } from "../tasks/build-model.js";
import type { TaskBatch } from "../tasks/head.js";
import { Divergence } from "../train/divergence.js";
import {
  hasDiverged,
  meanLosses,
  rangeTestRate,
  smoothed,
  suggestLearningRate,
} from "../train/learning-rate-range.js";
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

/** Trains models for a few updates with a rising rate, and throws them away: what counts is the curve of their losses. */
export async function findLearningRate(
  { updates, tests, ...settings }: FindLearningRateSettings,
  { signal, emit }: RangeTestContext,
): Promise<LearningRateRange> {
  using run = await prepareRun(settings, { signal, emit });
  const results: number[][] = [];
  for (let test = 0; test < tests; test++) {
    const seed = seedOf(settings) + test;
    const tell = (event: StepOfTest) => emit({ type: "range", test: test + 1, tests, updates, ...event });
    results.push(await rangeTest(run, { seed, updates, signal, tell }));
  }
  const losses = meanLosses(results);
  const rates = losses.map((_, step) => rangeTestRate(step, updates));
  const smooth = smoothed(rates, losses);
  const curve = rates.map((learningRate, step) => {
    return { learningRate, loss: losses[step]!, smoothedLoss: smooth[step]! };
  });
  return { suggestion: suggestLearningRate(rates, losses), curve, diverged: losses.length < updates };
}

type StepOfTest = Pick<RangeEvent, "step" | "learningRate" | "loss">;

interface TestPlan {
  seed: number;
  updates: number;
  signal?: AbortSignal;
  tell(event: StepOfTest): void;
}

/** The losses of one test's updates. */
async function rangeTest(run: PreparedRun, plan: TestPlan): Promise<number[]> {
  const trainable = createTrainable(run, plan.seed);
  try {
    return await lossesOf(run, trainable, plan);
  } finally {
    trainable.model.dispose();
  }
}

async function lossesOf(
  run: PreparedRun,
  trainable: TrainableModel,
  { seed, updates, signal, tell }: TestPlan,
): Promise<number[]> {
  const { settings } = run;
  const { model, parameters } = trainable;
  const losses: number[] = [];
  const optimizer = createOptimizer(settings.optimizer, parameters, settings.weightDecay);
  model.train(true);
  try {
    for await (const reports of train<TaskBatch>({
      ...loopParts(run, trainable),
      ...{ optimizer, seed, signal },
      learningRate: (step) => rangeTestRate(step, updates),
      updates: endlessUpdates(run, model, seed, signal),
    })) {
      for (const { step, loss, learningRate } of reports) {
        losses.push(loss);
        tell({ step, learningRate, loss });
      }
      if (losses.length === updates || hasDiverged(losses)) break;
    }
  } catch (error) {
    if (!(error instanceof Divergence)) throw error; // a loss that is no number ends the test as a high one does
  } finally {
    optimizer.dispose();
  }
  return losses;
}

/** Epoch after epoch. */
async function* endlessUpdates(
  run: PreparedRun,
  model: TrainableModel["model"],
  seed: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<TaskBatch[]> {
  const { train } = run.rows;
  for (let epoch = 0; ; epoch++) {
    const mined = await mineFor(model, train, { seed, epoch, notify() {} }, signal);
    yield* epochUpdates(model, epochRows(model, train, mined), updateSettingsOf(run, seed), epoch);
  }
}
