import type { ReductionTime } from "../../distributed/data-parallel.js";
import type { DeviceMemory } from "../../tensor/device.js";
import type { DType } from "../../tensor/dtype.js";

/** What `pretrain()`'s `onProgress` is told. */
export type PretrainEvent =
  | PretrainStartEvent
  | PretrainLogEvent
  | PretrainEvaluationEvent
  | { type: "snapshot"; step: number }
  | { type: "saved"; directory: string }
  | { type: "notice"; message: string };

export interface PretrainStartEvent {
  type: "start";
  /** Updates made already, where the run was resumed. */
  firstStep: number;
  totalSteps: number;
  parameters: number;
  documents: number;
  tokens: number;
  device: string;
  dtype: DType;
  /** Why this device and dtype. */
  reason: string;
}

/** One line of the log: means over the updates since the last one. */
export interface PretrainLogEvent {
  type: "log";
  step: number;
  totalSteps: number;
  /** From 1. */
  phase: number;
  /** Masked words (or next words) and next sentence together. */
  loss: number;
  /** Cross entropy of the masked words, or of the next words where the objective is "causal". */
  mlmLoss: number;
  /** Cross entropy of the next sentence; null where the objective has none. */
  nspLoss: number | null;
  /** The share of this epoch's pairs whose second segment is from another document; null where there are no pairs. */
  randomPairShare: number | null;
  gradientNorm: number;
  learningRate: number;
  tokensPerSecond: number;
  remainingSeconds: number;
  /** Of the GPU; absent on the CPU. */
  memory?: DeviceMemory;
  /** Of an update, where several processes sum their gradients. */
  reduction?: ReductionTime;
}

/** Metrics on documents that training does not see. */
export interface PretrainMetrics {
  /** Share of the predicted words that are right. */
  mlmAccuracy: number;
  /** Share of the pairs that are told right; null where the objective has none. */
  nspAccuracy: number | null;
  /** The share of the pairs that are random: who always says the commoner answer has this share right, or the rest. */
  randomPairShare: number | null;
  /** exp of the mean cross entropy of the predicted words. */
  perplexity: number;
  sequences: number;
}

export interface PretrainEvaluationEvent {
  type: "evaluation";
  step: number;
  metrics: PretrainMetrics;
}

/** What a pre-training came to. */
export interface PretrainResult {
  /** On the validation split; null where the corpus has none. */
  metrics: PretrainMetrics | null;
  /** Mean over the last interval of the log. */
  trainLoss: number;
  tokensPerSecond: number;
  steps: number;
  outputDir: string;
}
