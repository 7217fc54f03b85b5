import { type Schedule, warmupStepsOf } from "../optim/schedule.js";
import { isHistogramDue } from "../options/tensorboard-options.js";
import type { PreparedRun } from "./prepare-run.js";
import { updatesOf, updatesPerEpoch } from "./updates.js";

/** Updates that a GPU computes between two looks at their losses. */
const UPDATES_PER_REPORT = 10;

/** What happens after which update. */
export interface RunPlan {
  stepsPerEpoch: number;
  totalSteps: number;
  schedule: Schedule;
  /** Whether the weights are measured after so many updates: after each epoch, at the end, and as `evaluateEvery` says. */
  isEvaluated(step: number): boolean;
  /** Whether TensorBoard is given the weights. */
  isHistogramDue(step: number): boolean;
  /** Whether losses are read: after every update; on a GPU every few, and where the weights are looked at. */
  isReportDue(step: number): boolean;
}

/** @param processes that share every update */
export function planOf({ settings, compute, rows }: PreparedRun, processes: number): RunPlan {
  const { epochs, batchSize, evaluateEvery, warmupRatio, learningRate, schedule: name } = settings;
  const stepsPerEpoch = updatesPerEpoch(rows.train.lengths.length, batchSize * processes);
  const totalSteps = updatesOf(epochs, stepsPerEpoch);
  const isEvaluated = (step: number) =>
    step % stepsPerEpoch === 0 ||
    step === totalSteps ||
    (evaluateEvery !== undefined && step % evaluateEvery === 0);
  const areWeightsSeen = (step: number) => isEvaluated(step) || isHistogramDue(settings, step);
  const isReportDue = (step: number) =>
    compute.device === "cpu" || step % UPDATES_PER_REPORT === 0 || areWeightsSeen(step);
  const warmupSteps = warmupStepsOf(warmupRatio, totalSteps);
  return {
    stepsPerEpoch,
    totalSteps,
    schedule: { name, learningRate, warmupSteps, totalSteps },
    isEvaluated,
    isHistogramDue: (step) => isHistogramDue(settings, step),
    isReportDue,
  };
}
