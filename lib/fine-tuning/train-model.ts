import { DataParallel } from "../distributed/data-parallel.js";
import { expected } from "../errors.js";
import { createOptimizer } from "../optim/create-optimizer.js";
import { learningRateAt } from "../optim/schedule.js";
import type { TrainableModel } from "../tasks/build-model.js";
import type { TaskBatch } from "../tasks/head.js";
import type { TaskModel } from "../tasks/task-model.js";
import { train } from "../train/train.js";
import { BestState, type Criterion } from "./best-state.js";
import type { FineTuneResult } from "./events.js";
import { loadsBest } from "./options.js";
import { createTrainable, type PreparedRun } from "./prepare-run.js";
import { type FineTuneContext, worldOf } from "./run-context.js";
import { planOf } from "./run-plan.js";
import { TrainingLog } from "./training-log.js";
import { epochUpdates } from "./updates.js";

/** A model that was trained, and what its training came to. */
export interface FineTuned {
  model: TaskModel;
  result: FineTuneResult;
}

/**
 * Trains one model on a run's rows.
 *
 * @param onFailure is called with any error that ends the training, an abort too, and what it left, before the error is thrown
 * @throws the signal's reason; Divergence, whose message says what the model was left with; ERR_OPTION when the task has no such
 *   metric. The model is disposed then
 */
export async function trainModel(
  run: PreparedRun,
  seed: number,
  context: FineTuneContext,
  onFailure: (error: unknown, left: FineTuned) => Promise<void>,
): Promise<FineTuned> {
  const trainable = createTrainable(run, seed);
  const { model, parameters } = trainable;
  const { settings, compute } = run;
  let best: BestState | undefined;
  try {
    best = new BestState(criterionOf(model, settings.metric), parameters, loadsBest(settings));
    const log = new TrainingLog(planOf(run, worldOf(context).size), best, context, compute.device);
    announce(run, model, log, context);
    try {
      await trainEpochs(run, trainable, log, seed, context);
    } catch (error) {
      await onFailure(error, { model, result: log.result(seed) });
      throw error;
    }
    context.signal?.throwIfAborted();
    if (best.keepsWeights) best.restore();
    const result = log.result(seed);
    if (result.metrics) model.adopt(result.metrics);
    return { model, result };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    best?.dispose();
  }
}

/** The loop: log every update, evaluate where it is due, and stop where the best evaluation is too far behind. */
async function trainEpochs(
  run: PreparedRun,
  { model, parameters }: TrainableModel,
  log: TrainingLog,
  seed: number,
  context: FineTuneContext,
): Promise<void> {
  const { settings } = run;
  const { group, signal } = context;
  const { plan } = log;
  using ranks = group && new DataParallel(group, parameters, settings);
  const optimizer = createOptimizer(settings.optimizer, parameters, settings.weightDecay, ranks);
  model.shareInference(group);
  model.train(true);
  const updates = train<TaskBatch>({
    parameters,
    optimizer,
    learningRate: (step) => learningRateAt(step, plan.schedule),
    updates: allUpdates(run, model, seed, context),
    counts: (batch) => model.counts(batch),
    prepareUpdate: (batches, restartDropout) => model.prepareUpdate(batches, restartDropout),
    loss: (batch, totals) => model.loss(batch, totals),
    maxGradNorm: settings.maxGradNorm,
    gradientCheckpointing: settings.gradientCheckpointing,
    isReportDue: plan.isReportDue,
    ranks,
    seed,
    signal,
  });
  try {
    for await (const reports of updates) {
      for (const report of reports) log.logUpdate(report);
      const { step } = reports.at(-1)!;
      if (plan.isHistogramDue(step)) context.board?.tellWeights(parameters, step);
      // Weights that give no finite figure are a divergence: the loop goes back to the last good ones.
      if (plan.isEvaluated(step))
        await evaluate(run, model, log, step, context).catch((error) => updates.throw(error));
      if (log.best.isBehind(settings.patience)) {
        log.stoppedEarly = step < plan.totalSteps;
        break;
      }
    }
  } finally {
    model.shareInference(undefined);
    optimizer.dispose();
    parameters.freeGradients();
  }
}

/** The updates of all epochs. */
function* allUpdates(
  { settings, microBatchSize, rows }: PreparedRun,
  model: TaskModel,
  seed: number,
  context: FineTuneContext,
): Generator<TaskBatch[]> {
  const { batchSize, groupByLength, balancedSampling, epochs } = settings;
  const choices = { batchSize, groupByLength, balancedSampling, microBatchSize, seed };
  for (let epoch = 0; epoch < epochs; epoch++)
    yield* epochUpdates(model, rows.train, choices, epoch, worldOf(context));
}

async function evaluate(
  { rows: { validation } }: PreparedRun,
  model: TaskModel,
  log: TrainingLog,
  step: number,
  { group, signal }: FineTuneContext,
): Promise<void> {
  if (validation === undefined) return;
  const ownSignal = group ? undefined : signal; // ranks stop together, between two updates
  const metrics = await log.throughput.exclude(() => model.evaluate(validation, ownSignal));
  model.train(true);
  log.logEvaluation(metrics, step);
}

function announce(
  { settings, compute, rows }: PreparedRun,
  { config }: TaskModel,
  { plan }: TrainingLog,
  { emit }: FineTuneContext,
): void {
  emit({
    type: "start",
    task: settings.task,
    rows: rows.train.rows,
    labels: [...config.labels],
    epochs: settings.epochs,
    firstStep: 0,
    totalSteps: plan.totalSteps,
    ...compute,
  });
}

/** What tells the best weights. @throws ERR_OPTION when the task's evaluation has no such figure */
export function criterionOf(
  { metrics, head }: TaskModel,
  metric: string | undefined = metrics[0]!,
): Criterion {
  if (!metrics.includes(metric)) throw expected(`one of ${metrics.join(", ")}`, "metric", metric);
  return { metric, direction: head.spec.metrics[metric]! };
}
