import { sumOf } from "../arrays.js";
import type { RunClock } from "../budget/clock.js";
import { asFirstRank, measurePace, type Pace } from "../budget/measure.js";
import { savingSeconds } from "../budget/plan.js";
import { DataParallel } from "../distributed/data-parallel.js";
import { createOptimizer } from "../optim/create-optimizer.js";
import type { TrainableModel } from "../tasks/build-model.js";
import type { TaskBatch } from "../tasks/head.js";
import { epochRows, mineFor } from "./epoch-rows.js";
import { loopParts } from "./loop-parts.js";
import { ownOptions } from "./options.js";
import { createTrainable, type PreparedRun } from "./prepare-run.js";
import { type FineTuneContext, ownSignal, worldOf } from "./run-context.js";
import { epochUpdates, updateSettingsOf, updatesPerEpoch } from "./updates.js";

/** What the parts of a training take on this machine, in seconds. */
export interface TrainingCosts {
  /** Of the model, from the checkpoint, and of what is mined for an epoch of which only a part is trained. */
  build: number;
  /** Of its weights, an estimate. */
  save: number;
  /** With its share of what is mined for an epoch. */
  update: number;
  /** Of all validation rows, with what a method does before; 0 without either. */
  evaluation: number;
  /** Updates that were measured. */
  measured: number;
}

interface Measuring {
  now: RunClock;
  mostSeconds: number;
}

/** Trains a model for a few updates, and throws it away: the run itself begins as if that had not been. */
export async function trainingCosts(
  run: PreparedRun,
  context: FineTuneContext,
  { now, mostSeconds }: Measuring,
): Promise<TrainingCosts> {
  const begun = now();
  const trainable = createTrainable(run, 0);
  try {
    return await costsOf(run, trainable, context, { now, mostSeconds, begun });
  } finally {
    trainable.model.dispose();
  }
}

async function costsOf(
  prepared: PreparedRun,
  trainable: TrainableModel,
  context: FineTuneContext,
  { now, mostSeconds, begun }: Measuring & { begun: number },
): Promise<TrainingCosts> {
  const { group, signal } = context;
  const { settings } = prepared;
  const { model, parameters } = trainable;
  using ranks = group && new DataParallel(group, parameters, settings);
  const optimizer = createOptimizer(settings.optimizer, parameters, settings.weightDecay, ranks);
  try {
    model.shareInference(group);
    model.train(true);
    const build = now() - begun;
    const { run, mining } = await withMined(prepared, model, context, now);
    const { rows } = run;
    const pace = await measurePace({
      training: {
        ...loopParts(run, trainable),
        ...{ optimizer, ranks, seed: 0, signal },
        updates: endlessUpdates(run, model, group),
      },
      setTraining: (isTraining) => model.train(isTraining),
      device: run.compute.device,
      ...{ now, mostSeconds, group },
    });
    const settle = () => model.settle(rows.train, ownSignal(context));
    const settling = model.head.settle ? await secondsOf(now, settle) : 0;
    const evaluated =
      rows.validation === undefined ? 0 : sumOf(rows.validation.lengths) / worldOf({ group }).size;
    return {
      build: asFirstRank(group, build) + mining,
      save: savingSeconds(parameters.size),
      update: usualUpdate(pace, run) + mining / updatesOfEpoch(run, context),
      evaluation: pace.evaluationSecondsPerToken * evaluated + asFirstRank(group, settling),
      measured: pace.updates,
    };
  } finally {
    optimizer.dispose();
  }
}

/** The run as its first epoch has its rows, and the seconds that these take before each epoch. */
async function withMined(
  run: PreparedRun,
  model: TrainableModel["model"],
  context: FineTuneContext,
  now: RunClock,
): Promise<{ run: PreparedRun; mining: number }> {
  if (model.head.mining === undefined) return { run, mining: 0 };
  const { train } = run.rows;
  const begun = now();
  const mined = await mineFor(model, train, { seed: 0, epoch: 0, notify() {} }, ownSignal(context));
  const mining = asFirstRank(context.group, now() - begun);
  return { run: { ...run, rows: { ...run.rows, train: epochRows(model, train, mined) } }, mining };
}

function updatesOfEpoch({ settings, rows }: PreparedRun, context: FineTuneContext): number {
  return updatesPerEpoch(rows.train.lengths.length, settings.batchSize * worldOf(context).size);
}

/** Seconds of an update of usual length: the rows that were measured may be longer than most. */
function usualUpdate({ updateSeconds, updateTokens }: Pace, run: PreparedRun): number {
  const { lengths } = run.rows.train;
  if (pairsPerRow(run) !== null) return updateSeconds; // it reads a text once, however many of its items have it
  const items = Math.min(run.settings.batchSize, lengths.length);
  return (updateSeconds * items * sumOf(lengths)) / (lengths.length * updateTokens);
}

/** Items that an epoch draws for each row, with texts of other rows beside its own; null where an item has its own texts alone. */
export function pairsPerRow({ head, settings, rows: { train } }: PreparedRun): number | null {
  const { method } = ownOptions(head.spec, settings);
  return method === "contrastive" ? train.lengths.length / train.rows : null;
}

/** Epoch after epoch: there may be few rows. */
function* endlessUpdates(
  run: PreparedRun,
  model: TrainableModel["model"],
  group: FineTuneContext["group"],
): Generator<TaskBatch[]> {
  const { train } = run.rows;
  const settings = updateSettingsOf(run, 0);
  for (let epoch = 0; ; epoch++) yield* epochUpdates(model, train, settings, epoch, worldOf({ group }));
}

async function secondsOf(now: RunClock, work: () => Promise<void>): Promise<number> {
  const begun = now();
  await work();
  return now() - begun;
}
