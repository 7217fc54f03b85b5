import type { FineTuneEvent } from "../fine-tuning/events.js";
import type { PretrainEvent } from "../pre-training/events.js";
import type { TrialSettings } from "./trials.js";

/** What `search()` tells `onProgress`. */
export type SearchEvent = TrialEvent | FineTuneEvent;

/** A trial is about to begin. */
export interface TrialEvent {
  /** Told before the events of the trial's own training. */
  type: "trial";
  /** The combination of values that it tries. */
  settings: TrialSettings;
  /** How many rows it trains on; null for all of them. */
  limit: number | null;
  /** Its place among those with as many rows, from 1. */
  trial: number;
  /** How many there are of them. */
  trials: number;
  /** Whether an earlier process made it. */
  done: boolean;
}

/** What `ablate()` tells `onProgress`. */
export type AblationEvent = VariantEvent | PretrainEvent;

/** A variant is about to be trained with a seed. */
export interface VariantEvent {
  /** Told before the events of the run's own training. */
  type: "run";
  /** The variant's name. */
  variant: string;
  /** Which of the option `seeds` the run is made with. */
  seed: number;
  /** Its place among all runs, from 1. */
  run: number;
  /** Variants times seeds. */
  runs: number;
  /** Whether an earlier process trained it. */
  done: boolean;
}
