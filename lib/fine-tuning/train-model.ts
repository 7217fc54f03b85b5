import { DataParallel } from "../distributed/data-parallel.js";
import { expected } from "../errors.js";
import { createOptimizer } from "../optim/create-optimizer.js";
import type { TaskModel } from "../tasks/task-model.js";
import { WeightSnapshot } from "../train/weight-snapshot.js";
import { BestState, type Criterion } from "./best-state.js";
import type { FineTuneResult } from "./events.js";
import { makeUpdates, type TrainingParts } from "./make-updates.js";
import { loadsBest } from "./options.js";
import { createTrainable, type PreparedRun } from "./prepare-run.js";
import { type FineTuneContext, worldOf } from "./run-context.js";
import { planOf } from "./run-plan.js";
import { SnapshotKeeper } from "./snapshot-keeper.js";
import { TrainingLog } from "./training-log.js";

/** A model that was trained, and what its training came to. */
export interface FineTuned {
  model: TaskModel;
  result: FineTuneResult;
  /** How a training that ended before its time can go on, in half a sentence; undefined where it cannot. */
  wayOn: string | undefined;
}

/** Is told of any error that ends the training, an abort too, and what it left, before the error is thrown. */
export type OnFailure = (error: unknown, left: FineTuned) => Promise<void>;

/**
 * Trains one model on a run's rows.
 *
 * @throws the signal's reason; Divergence, whose message says what the model was left with; ERR_OPTION when the task has no such
 *   metric, and for a run to resume that was another one. The model is disposed then
 */
export async function trainModel(
  run: PreparedRun,
  seed: number,
  context: FineTuneContext,
  onFailure: OnFailure,
): Promise<FineTuned> {
  const trainable = createTrainable(run, seed);
  const { model, parameters } = trainable;
  const { settings, compute } = run;
  let best: BestState | undefined;
  try {
    best = new BestState(criterionOf(model, settings.metric), parameters, loadsBest(settings));
    const log = new TrainingLog(planOf(run, worldOf(context).size), best, context, compute.device);
    const wayOn = await trainEpochs({ run, seed, context, model, parameters, log }, onFailure);
    context.signal?.throwIfAborted();
    best.restore();
    const result = log.result(seed);
    if (result.metrics) model.adopt(result.metrics);
    return { model, result, wayOn };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    best?.dispose();
  }
}

/** Makes what only training needs, and all updates with it. @returns how a training that ended before its time can go on */
async function trainEpochs(
  parts: Omit<TrainingParts, "ranks" | "optimizer" | "lastGood" | "keeper">,
  onFailure: OnFailure,
): Promise<string | undefined> {
  const { run, seed, context, model, parameters, log } = parts;
  const { settings, store } = run;
  const { group } = context;
  using ranks = group && new DataParallel(group, parameters, settings);
  const optimizer = createOptimizer(settings.optimizer, parameters, settings.weightDecay, ranks);
  const lastGood = new WeightSnapshot(parameters);
  const copies = { lastGood, ...(log.best.weights && { best: log.best.weights }) };
  const tensors = { parameters, optimizer, copies, ranks };
  const keeper = store && new SnapshotKeeper(store, run, tensors, log, seed, context);
  model.shareInference(group);
  try {
    await makeUpdates({ ...parts, ranks, optimizer, lastGood, keeper });
    return keeper?.wayOnAfterEarlyStop;
  } catch (error) {
    await onFailure(error, { model, result: log.result(seed), wayOn: keeper?.wayOnAfterDivergence });
    throw error;
  } finally {
    model.shareInference(undefined);
    optimizer.dispose();
    lastGood.dispose();
    parameters.freeGradients();
  }
}

/** What tells the best weights. @throws ERR_OPTION when the task's evaluation has no such figure */
export function criterionOf(
  { metrics, head }: TaskModel,
  metric: string | undefined = metrics[0]!,
): Criterion {
  if (!metrics.includes(metric)) throw expected(`one of ${metrics.join(", ")}`, "metric", metric);
  return { metric, direction: head.spec.metrics[metric]! };
}
