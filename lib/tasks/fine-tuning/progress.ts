import type { Spread } from "../../metrics/spread.js";
import type { DeviceMemory } from "../../tensor/device.js";
import type { DType } from "../../tensor/dtype.js";

/** What `onProgress` is told. */
export type ProgressEvent =
  | RangeEvent
  | StartEvent
  | SeedEvent
  | StepEvent
  | EvaluationEvent
  | SavedEvent
  | NoticeEvent;

/** Training is about to begin. */
export interface StartEvent {
  type: "start";
  rows: number;
  /** In class order; empty where the task has none. */
  labels: string[];
  epochs: number;
  totalSteps: number;
  device: string;
  dtype: DType;
  /** Why this device and dtype. */
  reason: string;
}

/** One of several seeds is about to be trained. */
export interface SeedEvent {
  type: "seed";
  seed: number;
  /** From 1. */
  run: number;
  runs: number;
}

/** One update of a learning-rate range test is done. */
export interface RangeEvent {
  type: "range";
  step: number;
  updates: number;
  learningRate: number;
  loss: number;
}

/** One update is done. */
export interface StepEvent {
  type: "step";
  step: number;
  totalSteps: number;
  /** From 1. */
  epoch: number;
  loss: number;
  gradientNorm: number;
  learningRate: number;
  /** Since training began, evaluations excepted. */
  sequencesPerSecond: number;
  tokensPerSecond: number;
  remainingSeconds: number;
  /** Of the GPU; absent on the CPU. */
  memory?: DeviceMemory;
}

export interface EvaluationEvent {
  type: "evaluation";
  step: number;
  /** Epochs done, with the part of the running one. */
  epoch: number;
  metrics: Evaluation;
}

export interface SavedEvent {
  type: "saved";
  directory: string;
}

/** Something to know that is no error, such as texts that were cut. */
export interface NoticeEvent {
  type: "notice";
  message: string;
}

/** Figures of an evaluation, which each task extends. */
export interface Evaluation {
  rows: number;
  /** What lies behind the figures, such as a confusion matrix; the course of a training does not keep it. */
  report?: object;
}

/** The course of a fine-tuning. */
export interface History {
  steps: Pick<StepEvent, "step" | "epoch" | "loss" | "gradientNorm" | "learningRate">[];
  evaluations: Omit<EvaluationEvent, "type">[];
}

/** What a fine-tuning came to. `Metrics` are the task's. */
export interface FineTuneResult<Metrics extends Evaluation = Evaluation> {
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
  sequencesPerSecond: number;
  tokensPerSecond: number;
  seed: number;
  /** Of a run with several seeds: what each came to, and the spread of every metric over them. */
  seeds?: SeedSummary;
}

export interface SeedSummary {
  runs: { seed: number; metrics: Evaluation }[];
  /** Mean and sample standard deviation of each figure. */
  spread: Record<string, Spread>;
}
