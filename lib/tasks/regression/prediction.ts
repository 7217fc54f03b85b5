import type { Mistake } from "../texts/mistakes.js";
import type { TextEvaluation } from "../texts/text-task.js";
import type { Truncatable } from "../texts/truncated.js";
import type { RegressionMetrics } from "./metrics.js";

/** The number predicted for a text or pair. */
export interface RegressionPrediction extends Truncatable {
  /** The number, in the unit of the scores that the model learned from. */
  score: number;
  /** Of a model that was calibrated with a coverage: between which numbers the right one is. */
  interval?: [low: number, high: number];
}

/** Metrics of a regression on labelled rows. */
export interface RegressionEvaluation extends RegressionFigures, TextEvaluation {
  /** Where the model is furthest off. */
  report: RegressionReport;
}

/** Metrics of a regression, without what is said of the rows. */
export interface RegressionFigures extends RegressionMetrics {
  /** Mean squared error, which is what training minimises. */
  loss: number;
  /** Where the model is furthest off. */
  report: RegressionReport;
}

/** Where a regression is furthest off. */
export interface RegressionReport {
  /** Rows with the largest squared errors. */
  worstMistakes: Mistake<number>[];
  /** Of a model that was calibrated with a coverage. */
  interval?: {
    /** Share of the predicted intervals that hold what is right, from 0 to 1. */
    coverage: number;
  };
}
