import type { BudgetChoice, BudgetEvent } from "../budget/choice.js";
import type { ModelCalibration } from "../calibration/model-calibration.js";
import type { DownloadEvent } from "../hub/options.js";
import type { Spread } from "../metrics/spread.js";
import type { NoticeEvent } from "../options/notice-event.js";
import type { Evaluation } from "../tasks/evaluation.js";
import type { TaskName } from "../tasks/find-spec.js";
import type { RunEvaluation, RunSaved, RunSnapshot, RunStart, RunStep } from "../train/events.js";

/** What `fineTune()` tells `onProgress`. */
export type FineTuneEvent =
  | DownloadEvent
  | BudgetEvent
  | FineTuneStart
  | SeedEvent
  | FineTuneStep
  | FineTuneEvaluation
  | RunSnapshot
  | RunSaved
  | NoticeEvent;

/** Training is about to begin. */
export interface FineTuneStart extends RunStart {
  /** What is learnt. */
  task: TaskName;
  /** Training rows, after `limit`. */
  rows: number;
  /** In class order; empty where the task has none. */
  labels: string[];
  /** The last may be a part of one. */
  epochs: number;
}

/** One of several seeds is about to be trained. */
export interface SeedEvent {
  /** Told before the `start` of each run with `seeds`. */
  type: "seed";
  /** Which of `seeds` it is. */
  seed: number;
  /** Its place among them, from 1. */
  run: number;
  /** How many there are. */
  runs: number;
  /** Whether an earlier process trained it. */
  done: boolean;
}

/** One update is done. */
export interface FineTuneStep extends RunStep {
  /** From 1. */
  epoch: number;
  /** Since training began, evaluations excepted. */
  sequencesPerSecond: number;
}

/** The model was evaluated on the validation rows. */
export interface FineTuneEvaluation extends RunEvaluation<Evaluation> {
  /** Epochs done, with the part of the running one. */
  epoch: number;
}

/** The course of a fine-tuning. */
export interface History {
  /** The updates that were told, in turn. */
  steps: Pick<FineTuneStep, "step" | "epoch" | "loss" | "gradientNorm" | "learningRate">[];
  /** The evaluations on the validation rows, in turn. */
  evaluations: Omit<FineTuneEvaluation, "type">[];
}

/** What a fine-tuning came to. `Metrics` are the task's. */
export interface FineTuneResult<Metrics extends Evaluation = Evaluation> {
  /** The course of the run. */
  history: History;
  /** The evaluation, on the validation rows, of the weights that the model has; null without such rows. */
  metrics: Metrics | null;
  /** Mean over the last epoch. */
  trainLoss: number;
  /** Name of the figure that tells which weights are best. */
  metric: string;
  /** Updates made. */
  steps: number;
  /** Updates after which the model had the weights that it has now: fewer than `steps` after `loadBest`. */
  bestStep: number;
  /** Whether `patience` ended the run. */
  stoppedEarly: boolean;
  /** Since training began, evaluations excepted. */
  sequencesPerSecond: number;
  /** Since training began, evaluations excepted. */
  tokensPerSecond: number;
  /** What every random choice was made from. */
  seed: number;
  /** Of a run with a budget: what that came to. */
  budget?: BudgetChoice;
  /** Of a run with `calibrate`: what it came to. `metrics` is of the model as it was before. */
  calibration?: ModelCalibration;
  /** Of a run with several seeds: what each came to, and the spread of every metric over them. */
  seeds?: SeedSummary;
}

/** What runs with several seeds came to. */
export interface SeedSummary {
  /** Each seed with the metrics of its run. */
  runs: {
    /** One of the option `seeds`, in whose order the runs are. */
    seed: number;
    /** As those of `FineTuneResult`, without the report. */
    metrics: Evaluation;
  }[];
  /** Mean and sample standard deviation of each figure. */
  spread: Record<string, Spread>;
}
