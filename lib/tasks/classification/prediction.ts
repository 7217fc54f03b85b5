import type { ClassificationMetrics } from "../../train/classification-metrics.js";

/** A text, or two texts to be read as a pair. */
export type TextInput = string | readonly [text: string, pair: string];

/** One predicted label. */
export interface Prediction {
  label: string;
  /** Probability of `label`. */
  score: number;
  /** Probability of every label. */
  scores: Record<string, number>;
}

/** Metrics of a classifier on labelled rows. */
export interface ClassificationEvaluation extends ClassificationMetrics {
  /** Mean cross entropy. */
  loss: number;
  rows: number;
  /** Rows that lost tokens, and rows without any text. */
  truncatedTexts: number;
  emptyTexts: number;
}
