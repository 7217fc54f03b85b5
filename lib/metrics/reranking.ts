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

/** How well documents are ordered: of one query's, or the means over the queries. */
export interface RerankingMetrics {
  /** Mean average precision of the whole ranking. */
  map: number;
  /** 1 / place of the first that is relevant, where it is one of the first k; else 0. */
  mrr: number;
  /** Discounted gain of the first k, as a share of the best order's; equal scores share their places. */
  ndcg: number;
}

/**
 * How well the documents of each query are ordered, as `RerankingEvaluator` of sentence-transformers computes it. Of equal scores, those
 * of the others stand before those of relevant documents.
 *
 * @param k 10 there
 * @throws LibbertError ERR_OPTION for no queries, or one without a relevant document
 */
export function rerankingMetrics(queries: readonly RerankedDocuments[], k = 10): RerankingMetrics {
  checkCounts({ queries });
  const without = queries.findIndex(({ positives }) => positives.length === 0);
  if (without >= 0) throw expected("at least one score", `queries.${without}.positives`, []);
  return meanMetrics(
    queries.map(({ positives, negatives }) => {
      const scores = [...Array.from(positives), ...Array.from(negatives)];
      const labels = scores.map((_, document) => (document < positives.length ? 1 : 0));
      return listMetrics(scores, labels, k);
    }),
  );
}

/** @param lists at least one */
export function meanMetrics(lists: readonly RerankingMetrics[]): RerankingMetrics {
  const meanOf = (figure: keyof RerankingMetrics) =>
    lists.reduce((sum, list) => sum + list[figure], 0) / lists.length;
  return { map: meanOf("map"), mrr: meanOf("mrr"), ndcg: meanOf("ndcg") };
}

/**
 * The figures of one list of documents, as scikit-learn and sentence-transformers have them; all 0 where none is relevant. For the
 * reciprocal rank, of equal scores the less relevant document stands first, so that a model that tells none apart gains nothing by it.
 *
 * @param scores one a document
 * @param labels how relevant each is: a label above 0 is relevant, and is what the document gains
 */
export function listMetrics(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  k: number,
): RerankingMetrics {
  const ranked = Array.from(labels, (label, index) => ({ gain: Math.max(label, 0), score: scores[index]! }));
  ranked.sort((a, b) => b.score - a.score || a.gain - b.gain);
  const first = ranked.findIndex(({ gain }) => gain > 0);
  const isRelevant = Array.from(labels, (label) => label > 0);
  return {
    map: averagePrecision(scores, isRelevant),
    mrr: first >= 0 && first < k ? 1 / (first + 1) : 0,
    ndcg: first < 0 ? 0 : sharedGain(ranked, k) / bestGain(ranked, k),
  };
}

interface Ranked {
  gain: number;
  score: number;
}

const discount = (place: number) => 1 / Math.log2(place + 2);

/** The discounted gain of the first k of documents in order; those of one score have the mean gain of all of them. */
function sharedGain(ranked: readonly Ranked[], k: number): number {
  let sum = 0;
  for (let start = 0; start < ranked.length && start < k; ) {
    let [end, gains] = [start, 0];
    for (; end < ranked.length && ranked[end]!.score === ranked[start]!.score; end++)
      gains += ranked[end]!.gain;
    for (let place = start; place < Math.min(end, k); place++)
      sum += (gains / (end - start)) * discount(place);
    start = end;
  }
  return sum;
}

function bestGain(documents: readonly Ranked[], k: number): number {
  const gains = documents.map(({ gain }) => gain).sort((a, b) => b - a);
  return gains.slice(0, k).reduce((sum, gain, place) => sum + gain * discount(place), 0);
}
