import { z } from "zod";
import { fineTuneOptions } from "./options.js";

/** Options of `findLearningRate()`: those of `fineTune()` that decide what an update is. */
export const findLearningRateOptions = fineTuneOptions
  .omit({
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
    threshold: true,
  })
  .extend({
    updates: z
      .int()
      .min(20)
      .default(100)
      .describe(
        "updates over which the rate rises from 1e-7 to 1; the test ends early when the loss diverges",
      ),
  });

export type FindLearningRateSettings = z.output<typeof findLearningRateOptions>;

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
