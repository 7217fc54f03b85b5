import { z } from "zod";
import { commonState, type ProgressOf } from "../snapshots/snapshot-state.js";

/** What a snapshot of a pre-training has beside its tensors. */
export const pretrainState = z.object({
  ...commonState,
  /** Sums since the last line of the log. */
  interval: z.object({
    updates: z.int(),
    mlmLoss: z.number(),
    nspLoss: z.number(),
    gradientNorm: z.number(),
  }),
  /** The loss of that line; null before the first. */
  trainLoss: z.number().nullable(),
  /** What decides the run's computation; a resumed run must ask for the same. */
  settings: z.looseObject({ phases: z.array(z.record(z.string(), z.unknown())) }),
});

export type PretrainState = z.infer<typeof pretrainState>;

/** The same of a run under way. Its step counts the updates of all phases. */
export type RunProgress = ProgressOf<PretrainState>;

export const EMPTY_INTERVAL: RunProgress["interval"] = {
  updates: 0,
  mlmLoss: 0,
  nspLoss: 0,
  gradientNorm: 0,
};
