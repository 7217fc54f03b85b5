import { AdamW } from "../../optim/adamw.js";
import { Divergence } from "../../train/divergence.js";
import {
  hasDiverged,
  rangeTestRate,
  smoothed,
  suggestLearningRate,
} from "../../train/learning-rate-range.js";
import { train } from "../../train/train.js";
import type { FindLearningRateSettings, LearningRateRange } from "./find-learning-rate-options.js";
import type { SizedSettings } from "./micro-batch-size.js";
import { fineTuneOptions } from "./options.js";
import { createTrainable, prepareRun } from "./prepare-run.js";
import type { PreparedTask, RunContext } from "./task.js";
import type { TaskModel } from "./task-model.js";
import { checkTaskOptions } from "./task-options.js";
import { epochUpdates, type TaskBatch } from "./updates.js";

/** Trains a model for a few updates with a rising rate, and throws it away: what counts is the curve of its losses. */
export async function findLearningRate(
  { updates, ...options }: FindLearningRateSettings,
  context: RunContext,
): Promise<LearningRateRange> {
  const completed = fineTuneOptions.parse(options);
  checkTaskOptions(completed);
  const { prepared, settings } = await prepareRun(completed, context);
  const model = createTrainable(prepared, settings);
  try {
    const { rates, losses } = await rangeTest(model, prepared, settings, updates, context);
    const smooth = smoothed(losses);
    return {
      suggestion: suggestLearningRate(rates, losses),
      curve: rates.map((learningRate, index) => ({
        learningRate,
        loss: losses[index]!,
        smoothedLoss: smooth[index]!,
      })),
      diverged: rates.length < updates,
    };
  } finally {
    model.dispose();
  }
}

async function rangeTest(
  model: TaskModel,
  prepared: PreparedTask,
  settings: SizedSettings,
  updates: number,
  { signal, emit }: RunContext,
): Promise<{ rates: number[]; losses: number[] }> {
  const rates: number[] = [];
  const losses: number[] = [];
  const optimizer = new AdamW(model.parameters, {
    weightDecay: settings.weightDecay,
    ...(settings.optimizer === "bert-adam" && { biasCorrection: false, eps: 1e-6 }),
  });
  function* untilDivergence(): Generator<TaskBatch[]> {
    for (let epoch = 0; ; epoch++) {
      for (const batches of epochUpdates(model, prepared.train, settings, epoch)) {
        if (losses.length === updates || (losses.length > 0 && hasDiverged(losses))) return;
        yield batches;
      }
    }
  }
  model.train(true);
  try {
    await train<TaskBatch>({
      parameters: model.parameters,
      optimizer,
      learningRate: (step) => rangeTestRate(step, updates),
      updates: untilDivergence(),
      counts: (batch) => model.counts(batch),
      loss: (batch, totals) => model.loss(batch, totals),
      maxGradNorm: settings.maxGradNorm,
      gradientCheckpointing: settings.gradientCheckpointing,
      seed: settings.seed,
      signal,
      onUpdate({ step, loss, learningRate }) {
        rates.push(learningRate);
        losses.push(loss);
        emit({ type: "range", step, updates, learningRate, loss });
      },
    });
  } catch (error) {
    if (!(error instanceof Divergence)) throw error; // a loss that is no number ends the test as a high one does
  } finally {
    optimizer.dispose();
  }
  return { rates, losses };
}
