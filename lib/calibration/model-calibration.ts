import { z } from "zod";
import type { Abstention } from "./abstention.js";
import type { Interval } from "./interval.js";
import { type PredictionSets, SET_METHODS } from "./prediction-sets.js";

/** A figure of the validation rows before and after calibration. */
export interface BeforeAfter {
  /** With probabilities as training left them. */
  before: number;
  /** With the temperature, on the same rows that it was found on. */
  after: number;
}

/** What tells how far a model's predictions can be believed: what `calibrate()` gives, and `calibration.json` keeps. */
export interface ModelCalibration {
  /** Of the validation: rows, words of token-classification, or rows times labels of multi-label. */
  decisions: number;
  /** What logits are divided by before they become probabilities. 1 where no temperature is the best one. */
  temperature?: number;
  /** Mean cross entropy of the validation rows. */
  loss?: BeforeAfter;
  /** With 15 bins of equal width (Guo et al., 2017). */
  expectedCalibrationError?: BeforeAfter;
  /** Where `precision` was asked for: which predictions are marked `abstained`. */
  abstention?: Abstention;
  /** Where `coverage` was asked for, of tasks that choose among labels or choices: how sets of predictions are made. */
  predictionSets?: PredictionSets;
  /** Where `coverage` was asked for, of regression: how far around a prediction its interval goes. */
  interval?: Interval;
}

const share = z.number().min(0).max(1);
const count = z.int().min(0);
const beforeAfter = z.strictObject({ before: z.number(), after: z.number() });

/** The same as it is stored. */
export const modelCalibrationSchema: z.ZodType<ModelCalibration> = z.strictObject({
  decisions: count,
  temperature: z.number().positive().optional(),
  loss: beforeAfter.optional(),
  expectedCalibrationError: beforeAfter.optional(),
  abstention: z
    .strictObject({
      precision: share,
      threshold: share,
      used: count,
      right: count,
      share,
      precisionBetween: z.tuple([share, share]),
    })
    .optional(),
  predictionSets: z
    .strictObject({
      method: z.enum(SET_METHODS),
      coverage: share,
      quantile: z.number(),
      meanSize: z.number(),
    })
    .optional(),
  interval: z.strictObject({ coverage: share, halfWidth: z.number().min(0) }).optional(),
});
