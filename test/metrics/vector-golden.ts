import type { SimilarityName } from "../../lib/checkpoint/sentence/settings.js";
import { pairSimilarity } from "../../lib/features/pair-similarity.js";
import { goldenJson } from "../support/golden.js";

/** What sentence-transformers computed, as test/golden/make_retrieval_golden.py wrote it. */
export const golden = goldenJson<{
  vectors: Record<string, number[]>;
  retrieval: {
    relevant: Record<string, string[]>;
    cases: { similarity: SimilarityName; figures: Record<string, number> }[];
  };
  reranking: {
    samples: { query: string; positive: string[]; negative: string[] }[];
    cases: { k: number; figures: Record<string, number> }[];
  };
  pairs: {
    left: string[];
    right: string[];
    others: string[];
    labels: number[];
    scores: number[];
    cases: ({ similarity: SimilarityName } & Record<string, Record<string, number>>)[];
  };
  mining: {
    rows: [string, string][];
    others: string[];
    cases: {
      similarity: SimilarityName;
      others: boolean;
      options: Record<string, number>;
      triplets: [string, string, string][];
    }[];
  };
  graded: { grades: Record<string, Record<string, number>>; ndcg: Record<string, number> };
  rescored: {
    scores: Record<string, Record<string, number>>;
    cases: { options: Record<string, number>; triplets: [string, string, string][] }[];
  };
}>("retrieval.json");

/** How alike two texts are. */
export function alike(similarity: SimilarityName, a: string, b: string): number {
  return pairSimilarity(similarity, golden.vectors[a]!, golden.vectors[b]!);
}

/** What both sides compute in float64. */
export const SAME = { absolute: 1e-9 };
