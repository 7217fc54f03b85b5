import { z } from "zod";
import { type FineTuneSettings, taskUnion } from "../fine-tuning/options.js";
import { optionMeta } from "../options/option.js";
import { OF_RANKS } from "../options/ranks-options.js";

/** What `findLearningRate()` takes beside the options of `fineTune()` that decide what an update is. */
export const rangeTestFields = {
  updates: z
    .int()
    .min(20)
    .default(100)
    .describe("updates over which the rate rises from 1e-7 to 1; the test ends early when the loss diverges")
    .register(optionMeta, { unit: "updates" }),
};

/** Options of `fineTune()` that mean nothing to a training whose model is thrown away. */
const WITHOUT = {
  validation: true,
  outputDir: true,
  overwrite: true,
  epochs: true,
  learningRate: true,
  schedule: true,
  warmupRatio: true,
  evaluateEvery: true,
  metric: true,
  loadBest: true,
  patience: true,
  seeds: true,
  ...OF_RANKS,
} as const;

/** Options of `findLearningRate()`: a union on `task`. */
export const findLearningRateOptions = taskUnion((options) => {
  const { threshold: _, ...shape }: z.ZodRawShape = options.omit(WITHOUT).shape;
  return z.strictObject({ ...shape, ...rangeTestFields });
});

/** Checked options; those that mean nothing to the test have their defaults. */
export type FindLearningRateSettings = FineTuneSettings & { updates: number };

/** One update of the test. */
export interface RangePoint {
  learningRate: number;
  loss: number;
  /** Moving average, in which the last ten losses or so count most. */
  smoothedLoss: number;
}

/** What a range test found. */
export interface LearningRateRange {
  /** Where the smoothed loss falls most steeply; null where it falls nowhere. */
  suggestion: number | null;
  curve: RangePoint[];
  /** Whether the loss diverged before the last update. */
  diverged: boolean;
}

/** One update of the test is done. */
export interface RangeEvent {
  type: "range";
  step: number;
  updates: number;
  learningRate: number;
  loss: number;
}
