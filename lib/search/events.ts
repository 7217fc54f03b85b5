import type { FineTuneEvent } from "../fine-tuning/events.js";
import type { PretrainEvent } from "../pre-training/events.js";
import type { TrialSettings } from "./trials.js";

/** What `search()` tells `onProgress`. */
export type SearchEvent =
  | {
      type: "trial";
      settings: TrialSettings;
      limit: number | null;
      trial: number;
      trials: number;
      done: boolean;
    }
  | FineTuneEvent;

/** What `ablate()` tells `onProgress`. */
export type AblationEvent =
  | { type: "run"; variant: string; seed: number; run: number; runs: number; done: boolean }
  | PretrainEvent;
