import type { Evaluation } from "../evaluation.js";
import type { MistakeReport } from "../texts/mistakes.js";
import type { Truncatable } from "../texts/truncated.js";

/** What is asked of a model: how well a document answers a query. */
export type RankingInput =
  | {
      /** The first text of the pair that the model reads. */
      query: string;
      /** The second. Of a pair that is too long, the longer text is cut. */
      document: string;
    }
  | readonly [query: string, document: string];

/** How well it does. */
export interface RankingPrediction extends Truncatable {
  /** The more, the better; from 0 to 1, where the model's files name no other activation than a sigmoid. */
  score: number;
}

/** How well scores agree with what rows say. Which figures there are depends on the rows. */
export interface RankingEvaluation extends Evaluation {
  /** Lists: how high relevant documents stand among the first ten, the more relevant the higher, from 0 to 1. */
  ndcgAt10?: number;
  /** The mean of 1 / place of a list's first relevant document, where that is one of the first ten; else of 0. */
  mrrAt10?: number;
  /** The mean over lists of the average precision. */
  map?: number;
  /** Pairs with the labels 0 and 1: the mean, over those of label 1, of the share of them among all that score as high. */
  averagePrecision?: number;
  /** F1 of label 1, where a score above the middle stands for it. */
  f1?: number;
  /** Likewise: the share of rows whose label is right. */
  accuracy?: number;
  /** Pairs with other labels: the correlation of scores and labels, and that of their ranks; null where there is none. */
  pearson?: number | null;
  /** The correlation of the ranks of scores and labels; null where there is none. */
  spearman?: number | null;
  /** Pairs of query and document that lost tokens. */
  truncatedTexts: number;
  /**
   * Lists: the best-scored of the most relevant documents, and the document that scores most of those that are less relevant, where it
   * scores more; the loss is by how much, before any activation. Labels 0 and 1: rows whose label is wrong, by their cross entropy.
   * Other labels: label and score, by how far apart their ranks are, as a share of the rows.
   */
  report: MistakeReport<string> | MistakeReport<number>;
}
