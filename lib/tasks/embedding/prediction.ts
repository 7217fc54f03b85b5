import type { Evaluation } from "../evaluation.js";
import type { MistakeReport } from "../texts/mistakes.js";

/** The vector of a text. */
export interface VectorPrediction {
  /** The text's vector. */
  vector: Float32Array;
  /** There where the text had more tokens than the model reads, and the vector is of its beginning. */
  truncated?: true;
}

/** How well cosines agree with what rows say. Which figures there are depends on the rows. */
export interface VectorEvaluation extends Evaluation {
  /** Rows with scores: the correlation of cosines and scores, and that of their ranks; null where there is none. */
  pearson?: number | null;
  /** The correlation of the ranks of cosines and scores; null where there is none. */
  spearman?: number | null;
  /** Rows without: how often an anchor's positive is the nearest of all the rows' positives and negatives. */
  accuracyAt1?: number;
  /** The mean of 1 / place of the positive among them, where that is one of the first ten; else of 0. */
  mrrAt10?: number;
  /** The mean of 1 / log2(1 + place), likewise. */
  ndcgAt10?: number;
  /** Rows with negatives: how often the positive is nearer than all of the row's own. */
  tripletAccuracy?: number;
  /**
   * Rows with scores: score and cosine, by how far apart their ranks are, as a share of the rows. Rows without: the positive, and the
   * text that is nearest to the anchor instead; the loss is by how much the cosines differ.
   */
  report: MistakeReport<string> | MistakeReport<number>;
}
