import type { BudgetChoice, BudgetEvent } from "../budget/choice.js";
import type { ReductionTime } from "../distributed/data-parallel.js";
import type { DownloadEvent } from "../hub/options.js";
import type { NoticeEvent } from "../options/notice-event.js";
import type { SnapshotsOnDisk } from "../snapshots/run-snapshots.js";
import type { RunEvaluation, RunSaved, RunSnapshot, RunStart, RunStep } from "../train/events.js";

/** What `pretrain()` tells `onProgress`. Steps and evaluations are the lines of `log.jsonl`, too. */
export type PretrainEvent =
  | DownloadEvent
  | BudgetEvent
  | PretrainStart
  | PretrainStep
  | PretrainEvaluation
  | RunSnapshot
  | PretrainSaved
  | NoticeEvent;

/** The model is on disk, and the run can still be extended. */
export interface PretrainSaved extends RunSaved {
  /** What resuming goes on from, and nothing else needs; null where there is none. */
  snapshots: SnapshotsOnDisk | null;
}

/** Pre-training is about to begin. */
export interface PretrainStart extends RunStart {
  /** Weights of the model. */
  parameters: number;
  /** Of the first phase's training split. */
  documents: number;
  /** Of the first phase's training split. */
  tokens: number;
}

/** Means over the updates since the step before that was told. */
export interface PretrainStep extends RunStep {
  /** From 1. */
  phase: number;
  /** Cross entropy of the masked words, or of the next words where the objective is "causal". */
  mlmLoss: number;
  /** Cross entropy of the next sentence; null where the objective has none. */
  nspLoss: number | null;
  /** The share of this epoch's pairs whose second segment is from another document; null where there are no pairs. */
  randomPairShare: number | null;
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
  /** How many sequences the figures are of. */
  sequences: number;
}

/** The weights were measured on the validation split of the last phase. */
export type PretrainEvaluation = RunEvaluation<PretrainMetrics>;

/** What a pre-training came to. */
export interface PretrainResult {
  /** On the validation split; null where the corpus has none. */
  metrics: PretrainMetrics | null;
  /** Mean over the last interval of the log. */
  trainLoss: number;
  /** Since training began, evaluations excepted. */
  tokensPerSecond: number;
  /** Updates made. */
  steps: number;
  /** Of a run with a budget: what that came to. */
  budget?: BudgetChoice;
  /** Where the model was saved. */
  outputDir: string;
}
