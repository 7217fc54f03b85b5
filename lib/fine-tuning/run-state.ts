import { z } from "zod";
import { commonState } from "../snapshots/snapshot-state.js";
import type { Evaluation } from "../tasks/evaluation.js";

const evaluation = z.custom<Evaluation>((value) => typeof Object(value).rows === "number", "an evaluation");

/** The course of a training so far, and what decides how it goes on. */
const courseSchema = z.object({
  steps: z.array(
    z.object({
      step: z.int(),
      loss: z.number(),
      gradientNorm: z.number(),
      learningRate: z.number(),
      epoch: z.int(),
    }),
  ),
  evaluations: z.array(z.object({ step: z.int(), epoch: z.number(), metrics: evaluation })),
  /** The last evaluation, with its report. */
  lastMetrics: evaluation.nullable(),
  best: z.object({
    metrics: evaluation.nullable(),
    step: z.int(),
    evaluationsSince: z.int(),
  }),
  /** Whether `patience` ended the training before its last update. */
  stoppedEarly: z.boolean(),
  /** For the epoch that was begun last: its weights are gone. Null where nothing is mined, or was in an older version. */
  mined: z
    .object({ epoch: z.int(), found: z.array(z.int()) })
    .nullable()
    .default(null),
});
export type Course = z.infer<typeof courseSchema>;

/** What a snapshot of a fine-tuning has beside its tensors. */
export const fineTuneState = z.object({
  ...commonState,
  course: courseSchema,
  /** What decides the result; a resumed run must ask for the same. */
  settings: z.record(z.string(), z.unknown()),
});
export type FineTuneState = z.infer<typeof fineTuneState>;
