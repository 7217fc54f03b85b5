import { expected } from "../errors.js";
import { checkCounts } from "./check-counts.js";

/** A figure of the first K documents that were found, such as `ndcgAt10`. */
export type RetrievalFigure = `${"accuracy" | "precision" | "recall" | "mrr" | "ndcg" | "map"}At${number}`;

/** Of each figure, for how many documents it is computed. */
export interface Cutoffs {
  /** Whether one of the first k documents is relevant. */
  accuracy: readonly number[];
  /** The share of the first k documents that are relevant. */
  precision: readonly number[];
  /** The share of the relevant documents that are among the first k. */
  recall: readonly number[];
  /** 1 / place of the first relevant document, where that is among the first k; else 0. */
  mrr: readonly number[];
  /** Normalised discounted cumulative gain: how high relevant documents stand, the more relevant the higher. */
  ndcg: readonly number[];
  /** The average precision of the first k documents. */
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

/** How relevant the documents are that were found for a query, the best first, 0 for those that are not; and what is relevant in all. */
interface Hits {
  found: readonly number[];
  /** The greatest first. */
  relevant: readonly number[];
}

type Figure = (hits: Hits, k: number) => number;

const FIGURES: Record<keyof Cutoffs, Figure> = {
  accuracy: (hits, k) => (right(hits, k) > 0 ? 1 : 0),
  precision: (hits, k) => right(hits, k) / k,
  recall: (hits, k) => right(hits, k) / hits.relevant.length,
  mrr: ({ found }, k) => {
    const first = found.findIndex((grade) => grade > 0);
    return first >= 0 && first < k ? 1 / (first + 1) : 0;
  },
  ndcg: ({ found, relevant }, k) => gain(found.slice(0, k)) / gain(relevant.slice(0, k)),
  map: ({ found, relevant }, k) => {
    let [count, precisions] = [0, 0];
    for (const [place, grade] of found.slice(0, k).entries())
      if (grade > 0) precisions += ++count / (place + 1);
    return precisions / Math.min(k, relevant.length);
  },
};

/**
 * How well documents were found, each figure the mean over the queries, as `InformationRetrievalEvaluator` of sentence-transformers
 * computes them.
 *
 * @param rankings the documents that were found for each query, the best first, at least as many as the largest cutoff, or all
 * @param relevant those that are relevant, for each query at least one; a map says how much, for the discounted gain
 * @param cutoffs other numbers of documents for some figures
 * @throws LibbertError ERR_OPTION for no queries, and for one without relevant documents
 */
export function retrievalMetrics<Id>(
  rankings: readonly (readonly Id[])[],
  relevant: readonly (ReadonlySet<Id> | ReadonlyMap<Id, number>)[],
  cutoffs: Partial<Cutoffs> = {},
): Record<RetrievalFigure, number> {
  checkCounts({ rankings, relevant });
  const queries = rankings.map((ids, query) => hitsOf(ids, gradesOf(relevant[query]!)));
  const without = queries.findIndex((hits) => hits.relevant.length === 0);
  if (without >= 0) throw expected("at least one document", `relevant.${without}`, relevant[without]);
  const figures: Record<RetrievalFigure, number> = {};
  for (const [name, figure] of Object.entries(FIGURES) as [keyof Cutoffs, Figure][]) {
    for (const k of cutoffs[name] ?? CUTOFFS[name]) {
      const sum = queries.reduce((total, hits) => total + figure(hits, k), 0);
      figures[`${name}At${k}`] = sum / queries.length;
    }
  }
  return figures;
}

function gradesOf<Id>(relevant: ReadonlySet<Id> | ReadonlyMap<Id, number>): ReadonlyMap<Id, number> {
  return relevant instanceof Map
    ? relevant
    : new Map(Array.from(relevant as ReadonlySet<Id>, (id) => [id, 1]));
}

function hitsOf<Id>(ids: readonly Id[], grades: ReadonlyMap<Id, number>): Hits {
  const found = ids.map((id) => Math.max(0, grades.get(id) ?? 0));
  return { found, relevant: [...grades.values()].filter((grade) => grade > 0).sort((a, b) => b - a) };
}

function right({ found }: Hits, k: number): number {
  return found.slice(0, k).filter((grade) => grade > 0).length;
}

/** Järvelin and Kekäläinen (2002): a document gains how relevant it is, and 1 where nothing says how much. */
function gain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, place) => sum + grade / Math.log2(place + 2), 0);
}
