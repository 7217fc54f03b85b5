import type { ClassificationMetrics } from "../metrics/classification.js";
import type { DType } from "../tensor/dtype.js";

/** What `onProgress` is told. */
export type ProgressEvent = StartEvent | StepEvent | EvaluationEvent | SavedEvent | NoticeEvent;

/** Training is about to begin. */
export interface StartEvent {
  type: "start";
  rows: number;
  labels: string[];
  epochs: number;
  totalSteps: number;
  device: string;
  dtype: DType;
  /** Why this dtype. */
  reason: string;
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
}

export interface EvaluationEvent {
  type: "evaluation";
  step: number;
  /** Epochs done, with the part of the running one. */
  epoch: number;
  metrics: EvaluationResult;
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

/** Metrics of a classifier on labelled rows. */
export interface EvaluationResult extends ClassificationMetrics {
  /** Mean cross entropy. */
  loss: number;
  rows: number;
  /** Rows that lost tokens, and rows without any text. */
  truncatedTexts: number;
  emptyTexts: number;
}

/** One predicted label. */
export interface Prediction {
  label: string;
  /** Probability of `label`. */
  score: number;
  /** Probability of every label. */
  scores: Record<string, number>;
}

/** The course of a fine-tuning. */
export interface History {
  steps: Pick<StepEvent, "step" | "epoch" | "loss" | "gradientNorm" | "learningRate">[];
  evaluations: Omit<EvaluationEvent, "type">[];
}

/** What a fine-tuning came to. */
export interface FineTuneResult {
  history: History;
  /** The last evaluation on the validation rows, or null without them. */
  metrics: EvaluationResult | null;
  /** Mean over the last epoch. */
  trainLoss: number;
  steps: number;
  sequencesPerSecond: number;
  tokensPerSecond: number;
}
