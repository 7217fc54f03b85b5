import type { DataParallel } from "../distributed/data-parallel.js";
import type { Optimizer } from "../optim/optimizer.js";
import { learningRateAt } from "../optim/schedule.js";
import type { TrainableModel } from "../tasks/build-model.js";
import type { Examples, TaskBatch } from "../tasks/head.js";
import { StoppedByRank, type Training, train } from "../train/train.js";
import type { WeightSnapshot } from "../train/weight-snapshot.js";
import { epochRows, mineFor } from "./epoch-rows.js";
import { loopParts } from "./loop-parts.js";
import type { PreparedRun } from "./prepare-run.js";
import { type FineTuneContext, ownSignal, worldOf } from "./run-context.js";
import type { SnapshotKeeper } from "./snapshot-keeper.js";
import type { TrainingLog } from "./training-log.js";
import { epochUpdates, updateSettingsOf } from "./updates.js";

/** What a training is made of. */
export interface TrainingParts extends TrainableModel {
  run: PreparedRun;
  seed: number;
  context: FineTuneContext;
  log: TrainingLog;
  ranks: DataParallel | undefined;
  optimizer: Optimizer;
  lastGood: WeightSnapshot;
  /** Null where nothing is kept. */
  keeper: SnapshotKeeper | null;
}

/** Makes the updates that are left where an earlier process was, and keeps what a later one needs. */
export async function makeUpdates(parts: TrainingParts): Promise<void> {
  const { log, keeper, context } = parts;
  await keeper?.resume();
  announce(parts);
  try {
    // Where an evaluation was interrupted, the snapshot to go on from is of its step.
    if (log.step > 0 && log.plan.isEvaluated(log.step) && !log.isEvaluated) await evaluate(parts);
    await untilEnough(parts);
    await keeper?.takeAtEnd();
  } catch (error) {
    const isStopped = error === context.signal?.reason || error instanceof StoppedByRank;
    if (isStopped && keeper) {
      await keeper.takeIfWorthIt();
      context.group?.barrier(); // the launcher must not see a rank end before the snapshot is there
    }
    throw error;
  }
}

function announce({ run, model, log, context }: TrainingParts): void {
  const { settings, compute, rows } = run;
  context.emit({
    type: "start",
    task: settings.task,
    rows: rows.train.rows,
    labels: [...model.config.labels],
    epochs: settings.epochs,
    firstStep: log.step,
    totalSteps: log.plan.totalSteps,
    ...compute,
  });
}

/** The loop: log every update, evaluate where it is due, and stop where the best evaluation is too far behind. */
async function untilEnough(parts: TrainingParts): Promise<void> {
  const { log, keeper, parameters, context } = parts;
  if (isBehind(parts)) return;
  parts.model.train(true);
  const updates = train(loopOf(parts));
  for await (const reports of updates) {
    for (const report of reports) log.logUpdate(report);
    if (log.plan.isHistogramDue(log.step)) context.board?.tellWeights(parameters, log.step);
    // Weights that give no finite figure are a divergence: the loop goes back to the last good ones.
    if (log.plan.isEvaluated(log.step)) await evaluate(parts).catch((error) => updates.throw(error));
    if (isBehind(parts)) break;
    await keeper?.takeIfDue();
  }
}

function isBehind({ run, log }: TrainingParts): boolean {
  const isEnough = log.best.isBehind(run.settings.patience);
  log.stoppedEarly = isEnough && log.step < log.plan.totalSteps;
  return isEnough;
}

/** What the training loop is given. */
function loopOf(parts: TrainingParts): Training<TaskBatch> {
  const { run, log, keeper, context, optimizer, ranks, lastGood, seed } = parts;
  const { plan } = log;
  return {
    ...loopParts(run, parts),
    ...{ optimizer, ranks, lastGood, seed },
    learningRate: (step) => learningRateAt(step, plan.schedule),
    firstStep: log.step,
    updates: updatesLeft(parts),
    isReportDue: (step) => plan.isReportDue(step) || (keeper?.isPlanned(step) ?? false),
    signal: context.signal,
  };
}

/** Of all epochs. */
async function* updatesLeft(parts: TrainingParts): AsyncGenerator<TaskBatch[]> {
  const { run, seed, model, log, context } = parts;
  const { stepsPerEpoch, totalSteps } = log.plan;
  const settings = updateSettingsOf(run, seed);
  const begun = Math.floor(log.step / stepsPerEpoch);
  let made = log.step % stepsPerEpoch; // of the epoch that is begun
  let left = totalSteps - log.step;
  for (let epoch = begun; left > 0; epoch++) {
    const rows = await rowsOf(epoch, parts);
    for (const update of epochUpdates(model, rows, settings, epoch, worldOf(context), made)) {
      yield update;
      if (--left === 0) return; // the last epoch may be a part of one
    }
    made = 0;
  }
}

/** What an earlier process mined for the epoch is taken from its snapshot. */
async function rowsOf(epoch: number, { run, seed, model, log, context }: TrainingParts): Promise<Examples> {
  const { train } = run.rows;
  if (log.mined?.epoch !== epoch) {
    const notify = (message: string) => context.emit({ type: "notice", message });
    const mine = () => mineFor(model, train, { seed, epoch, notify }, ownSignal(context));
    log.mined = await log.throughput.exclude(mine);
  }
  return epochRows(model, train, log.mined);
}

async function evaluate({ run, model, log, context }: TrainingParts): Promise<void> {
  const { train: rows, validation } = run.rows;
  const signal = ownSignal(context);
  const metrics = await log.throughput.exclude(async () => {
    await model.settle(rows, signal);
    return validation && model.evaluate(validation, signal);
  });
  model.train(true);
  if (metrics) log.logEvaluation(metrics, log.step);
}
