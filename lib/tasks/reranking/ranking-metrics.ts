import { averagePrecision } from "../../metrics/average-precision.js";

/** How well one list of documents is ranked. */
export interface RankingFigures {
  /** 1 / place of the first relevant document, where that is one of the first ten; else 0. */
  mrrAt10: number;
  /** The first ten documents' labels, each divided by log2(1 + place), added up; as a share of the most that it could be. */
  ndcgAt10: number;
  /** Average precision of the whole list. */
  map: number;
}

const FIRST = 10;

/**
 * The figures of one list, as scikit-learn and sentence-transformers have them: a document is relevant whose label is above 0. Of equal
 * scores the less relevant document stands first, so that a model that tells none apart gains nothing by it (all are one step of the
 * average precision).
 *
 * @param scores one a document
 * @param labels how relevant each is
 */
export function rankingFigures(scores: ArrayLike<number>, labels: ArrayLike<number>): RankingFigures {
  const ranked = inOrder(scores, labels);
  const first = ranked.findIndex((label) => label > 0);
  const best = discountedGain([...ranked].sort((a, b) => b - a));
  return {
    mrrAt10: first >= 0 && first < FIRST ? 1 / (first + 1) : 0,
    ndcgAt10: best === 0 ? 0 : discountedGain(ranked) / best,
    map: averagePrecision(
      scores,
      Array.from(labels, (label) => label > 0),
    ),
  };
}

/** The labels, those of the highest score first. */
function inOrder(scores: ArrayLike<number>, labels: ArrayLike<number>): number[] {
  return Array.from(labels, (label, index) => ({ label, score: scores[index]! }))
    .sort((a, b) => b.score - a.score || a.label - b.label)
    .map(({ label }) => label);
}

function discountedGain(ranked: readonly number[]): number {
  return ranked
    .slice(0, FIRST)
    .reduce((sum, label, place) => sum + Math.max(label, 0) / Math.log2(place + 2), 0);
}
