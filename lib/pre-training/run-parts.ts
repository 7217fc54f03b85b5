import type { BudgetChoice } from "../budget/choice.js";
import type { RunClock } from "../budget/clock.js";
import type { ShardedCorpus } from "../data/corpus/sharded-corpus.js";
import type { PretrainingDataOptions } from "../data/pretraining/pretraining-epoch.js";
import type { DataParallel } from "../distributed/data-parallel.js";
import type { OutputDirectory } from "../files/output-directory.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { Board } from "../tensorboard/board.js";
import type { Computation } from "./computation.js";
import type { PretrainEvent } from "./events.js";
import type { Phase, PretrainSettings } from "./options.js";
import type { Pretrainer } from "./pretrainer.js";

/** How a run talks to the outside. */
export interface PretrainContext {
  signal?: AbortSignal;
  /** When the caller began to wait, which a budget of time counts from. Default: when the run begins */
  clock?: RunClock;
  emit(event: PretrainEvent): void;
  /** Where TensorBoard looks, if it does. */
  board?: Board;
}

/** A phase's documents. */
export interface PhaseCorpora {
  train: ShardedCorpus;
  /** Null where there are too few documents, and in phases before the last. */
  validation: ShardedCorpus | null;
}

/** What a run is made of. */
export interface RunParts {
  settings: PretrainSettings;
  /** What they were chosen by; null where that was no budget. */
  budget: BudgetChoice | null;
  phases: readonly Phase[];
  /** For each phase. */
  corpora: readonly PhaseCorpora[];
  /** All that decides what the run computes. */
  computation: Computation;
  dataOptions: Omit<PretrainingDataOptions, "seed" | "maxSeqLength">;
  pretrainer: Pretrainer;
  optimizer: Optimizer;
  /** The run's other processes, if there are any. */
  ranks: DataParallel | undefined;
  /** Where this process writes the run's files; null for those of several that do not. */
  output: OutputDirectory | null;
}
