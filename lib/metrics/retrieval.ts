import { expected } from "../errors.js";
import { checkCounts } from "./check-counts.js";

/** A figure of the first K documents that were found, such as `ndcgAt10`. */
export type RetrievalFigure = `${"accuracy" | "precision" | "recall" | "mrr" | "ndcg" | "map"}At${number}`;

/** Of each figure, for how many documents it is computed. */
export interface Cutoffs {
  accuracy: readonly number[];
  precision: readonly number[];
  recall: readonly number[];
  mrr: readonly number[];
  ndcg: readonly number[];
  map: readonly number[];
}

/** Those of sentence-transformers. */
export const CUTOFFS: Cutoffs = {
  accuracy: [1, 3, 5, 10],
  precision: [1, 3, 5, 10],
  recall: [1, 3, 5, 10],
  mrr: [10],
  ndcg: [10],
  map: [100],
};

/** Which of the documents that were found for a query are relevant, the best first; and how many are relevant in all. */
interface Hits {
  found: readonly boolean[];
  relevant: number;
}

type Figure = (hits: Hits, k: number) => number;

const FIGURES: Record<keyof Cutoffs, Figure> = {
  accuracy: (hits, k) => (right(hits, k) > 0 ? 1 : 0),
  precision: (hits, k) => right(hits, k) / k,
  recall: (hits, k) => right(hits, k) / hits.relevant,
  mrr: ({ found }, k) => {
    const first = found.indexOf(true);
    return first >= 0 && first < k ? 1 / (first + 1) : 0;
  },
  ndcg: ({ found, relevant }, k) =>
    gain(found.slice(0, k)) / gain(new Array(Math.min(k, relevant)).fill(true)),
  map: ({ found, relevant }, k) => {
    let [count, precisions] = [0, 0];
    for (const [place, isRelevant] of found.slice(0, k).entries())
      if (isRelevant) precisions += ++count / (place + 1);
    return precisions / Math.min(k, relevant);
  },
};

/**
 * How well documents were found, each figure the mean over the queries, as `InformationRetrievalEvaluator` of sentence-transformers
 * computes them.
 *
 * @param rankings the documents that were found for each query, the best first, at least as many as the largest cutoff, or all
 * @param relevant those that are relevant, for each query at least one
 * @param cutoffs other numbers of documents for some figures
 * @throws LibbertError ERR_OPTION for no queries, and for one without relevant documents
 */
export function retrievalMetrics<Id>(
  rankings: readonly (readonly Id[])[],
  relevant: readonly ReadonlySet<Id>[],
  cutoffs: Partial<Cutoffs> = {},
): Record<RetrievalFigure, number> {
  checkCounts({ rankings, relevant });
  const without = relevant.findIndex(({ size }) => size === 0);
  if (without >= 0) throw expected("at least one document", `relevant.${without}`, relevant[without]);
  const queries = rankings.map((ids, query): Hits => {
    const wanted = relevant[query]!;
    return { found: ids.map((id) => wanted.has(id)), relevant: wanted.size };
  });
  const figures: Record<RetrievalFigure, number> = {};
  for (const [name, figure] of Object.entries(FIGURES) as [keyof Cutoffs, Figure][]) {
    for (const k of cutoffs[name] ?? CUTOFFS[name]) {
      const sum = queries.reduce((total, hits) => total + figure(hits, k), 0);
      figures[`${name}At${k}`] = sum / queries.length;
    }
  }
  return figures;
}

function right({ found }: Hits, k: number): number {
  return found.slice(0, k).filter(Boolean).length;
}

/** Järvelin and Kekäläinen (2002), with a gain of 1 for what is relevant. */
function gain(found: readonly boolean[]): number {
  return found.reduce((sum, isRelevant, place) => sum + (isRelevant ? 1 / Math.log2(place + 2) : 0), 0);
}
