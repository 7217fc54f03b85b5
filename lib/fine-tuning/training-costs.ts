import type { RunClock } from "../budget/clock.js";
import { asFirstRank, measurePace } from "../budget/measure.js";
import { savingSeconds } from "../budget/plan.js";
import { DataParallel } from "../distributed/data-parallel.js";
import { createOptimizer } from "../optim/create-optimizer.js";
import type { TrainableModel } from "../tasks/build-model.js";
import type { TaskBatch } from "../tasks/head.js";
import type { Training } from "../train/train.js";
import { createTrainable, type PreparedRun } from "./prepare-run.js";
import { type FineTuneContext, worldOf } from "./run-context.js";
import { epochUpdates } from "./updates.js";

/** What the parts of a training take on this machine, in seconds. */
export interface TrainingCosts {
  /** Of the model, from the checkpoint. */
  build: number;
  /** Of its weights, an estimate. */
  save: number;
  update: number;
  /** Of all validation rows, with what a method does before; 0 without either. */
  evaluation: number;
  /** Updates that were measured. */
  measured: number;
}

/** Of a rate that changes next to nothing: what is measured is thrown away. */
const LEARNING_RATE = 1e-12;

/** Trains a model for a few updates, and throws it away: the run itself begins as if that had not been. */
export async function trainingCosts(
  run: PreparedRun,
  { group, signal }: FineTuneContext,
  { now, mostSeconds }: { now: RunClock; mostSeconds: number },
): Promise<TrainingCosts> {
  const { settings, rows } = run;
  const begun = now();
  const trainable = createTrainable(run, 0);
  const { model, parameters } = trainable;
  using ranks = group && new DataParallel(group, parameters, settings);
  const optimizer = createOptimizer(settings.optimizer, parameters, settings.weightDecay, ranks);
  model.shareInference(group);
  model.train(true);
  const build = now() - begun;
  try {
    const pace = await measurePace({
      training: { ...trainingOf(run, trainable, group), optimizer, ranks, signal },
      setTraining: (isTraining) => model.train(isTraining),
      device: run.compute.device,
      ...{ now, mostSeconds, group },
    });
    const settling = model.head.settle ? await secondsOf(now, () => model.settle(rows.train, signal)) : 0;
    const tokens = meanOf(rows.train.lengths) * Math.min(settings.batchSize, rows.train.lengths.length);
    const evaluated =
      rows.validation === undefined ? 0 : sumOf(rows.validation.lengths) / worldOf({ group }).size;
    return {
      build: asFirstRank(group, build),
      save: savingSeconds(parameters.size),
      update: (pace.updateSeconds * tokens) / pace.updateTokens, // the rows that were measured may be longer than most
      evaluation: pace.evaluationSecondsPerToken * evaluated + asFirstRank(group, settling),
      measured: pace.updates,
    };
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

function trainingOf(
  run: PreparedRun,
  { model, parameters }: TrainableModel,
  group: FineTuneContext["group"],
): Omit<Training<TaskBatch>, "optimizer"> {
  const { maxGradNorm, gradientCheckpointing } = run.settings;
  return {
    ...{ parameters, maxGradNorm, gradientCheckpointing, seed: 0 },
    learningRate: () => LEARNING_RATE,
    updates: endlessUpdates(run, model, group),
    counts: (batch) => model.counts(batch),
    prepareUpdate: (batches, restartDropout) => model.prepareUpdate(batches, restartDropout),
    loss: (batch, totals) => model.loss(batch, totals),
  };
}

/** Epoch after epoch: there may be few rows. */
function* endlessUpdates(
  { settings, microBatchSize, rows }: PreparedRun,
  model: TrainableModel["model"],
  group: FineTuneContext["group"],
): Generator<TaskBatch[]> {
  const { batchSize, groupByLength, balancedSampling } = settings;
  const choices = { batchSize, groupByLength, balancedSampling, microBatchSize, seed: 0 };
  for (let epoch = 0; ; epoch++) yield* epochUpdates(model, rows.train, choices, epoch, worldOf({ group }));
}

async function secondsOf(now: RunClock, work: () => Promise<void>): Promise<number> {
  const begun = now();
  await work();
  return now() - begun;
}

function sumOf(lengths: Int32Array): number {
  return lengths.reduce((sum, length) => sum + length, 0);
}

function meanOf(lengths: Int32Array): number {
  return sumOf(lengths) / lengths.length;
}
