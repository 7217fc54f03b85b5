import { expected } from "../errors.js";
import { averagePrecision } from "./average-precision.js";
import { checkCounts } from "./check-counts.js";

/** The scores of the documents of one query. */
export interface RerankedDocuments {
  /** Of those that are relevant, at least one. */
  positives: ArrayLike<number>;
  /** Of those that are not. */
  negatives: ArrayLike<number>;
}

/** Means over the queries. */
export interface RerankingMetrics {
  /** Mean average precision of the whole ranking. */
  map: number;
  /** 1 / place of the first that is relevant, where it is one of the first k; else 0. */
  mrr: number;
  /** Discounted gain of the first k; equal scores share their places. */
  ndcg: number;
}

/**
 * How well the documents of each query are ordered, as `RerankingEvaluator` of sentence-transformers computes it.
 *
 * @param k 10 there
 * @throws LibbertError ERR_OPTION for no queries, or one without a relevant document
 */
export function rerankingMetrics(queries: readonly RerankedDocuments[], k = 10): RerankingMetrics {
  checkCounts({ queries });
  const without = queries.findIndex(({ positives }) => positives.length === 0);
  if (without >= 0) throw expected("at least one score", `queries.${without}.positives`, []);
  const meanOf = (figure: (scores: number[], isRelevant: boolean[]) => number) =>
    queries.reduce((sum, { positives, negatives }) => {
      const relevant = Array.from(positives);
      const scores = [...relevant, ...Array.from(negatives)];
      return (
        sum +
        figure(
          scores,
          scores.map((_, row) => row < relevant.length),
        )
      );
    }, 0) / queries.length;
  return {
    map: meanOf(averagePrecision),
    mrr: meanOf((scores, isRelevant) => reciprocalRank(scores, isRelevant, k)),
    ndcg: meanOf((scores, isRelevant) => ndcg(scores, isRelevant, k)),
  };
}

function reciprocalRank(scores: number[], isRelevant: boolean[], k: number): number {
  const first = order(scores).findIndex((row) => isRelevant[row]);
  return first < k ? 1 / (first + 1) : 0;
}

/** As scikit-learn's `ndcg_score`: documents of one score have the mean gain of all of them. */
function ndcg(scores: number[], isRelevant: boolean[], k: number): number {
  const ranked = order(scores);
  const discount = (place: number) => (place < k ? 1 / Math.log2(place + 2) : 0);
  let [gain, best] = [0, 0];
  for (let start = 0; start < ranked.length; ) {
    const end = start + ranked.slice(start).filter((row) => scores[row] === scores[ranked[start]!]).length;
    const tied = ranked.slice(start, end);
    const share = tied.filter((row) => isRelevant[row]).length / tied.length;
    for (let place = start; place < end; place++) gain += share * discount(place);
    start = end;
  }
  for (let place = 0; place < isRelevant.filter(Boolean).length; place++) best += discount(place);
  return gain / best;
}

/** The rows, the highest score first; of equal ones, in their own order. */
function order(scores: readonly number[]): number[] {
  return scores.map((_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
}
