import type { FineTuneEvent } from "../fine-tuning/events.js";
import type { PretrainEvent } from "../pre-training/events.js";
import type { TrialSettings } from "./trials.js";

/** What `search()` tells `onProgress`. */
export type SearchEvent = TrialEvent | FineTuneEvent;

/** A trial is about to begin. */
export interface TrialEvent {
  type: "trial";
  /** The combination of values that it tries. */
  settings: TrialSettings;
  /** How many rows it trains on; null for all of them. */
  limit: number | null;
  /** From 1. */
  trial: number;
  trials: number;
  /** Whether an earlier process made it. */
  done: boolean;
}

/** What `ablate()` tells `onProgress`. */
export type AblationEvent = VariantEvent | PretrainEvent;

/** A variant is about to be trained with a seed. */
export interface VariantEvent {
  type: "run";
  /** The variant's name. */
  variant: string;
  seed: number;
  /** From 1. */
  run: number;
  runs: number;
  /** Whether an earlier process trained it. */
  done: boolean;
}
