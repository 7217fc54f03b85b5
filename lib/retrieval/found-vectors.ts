import type { FoundVector } from "./options.js";

/** What was found for each of Q queries: K vectors, or all where there are fewer. */
export interface FoundVectors {
  indices: Int32Array; // [Q, K]
  scores: Float32Array; // [Q, K], the best first
}

/** The same as an object for each vector that was found. @param queries Q */
export function foundByQuery({ indices, scores }: FoundVectors, queries: number): FoundVector[][] {
  const most = indices.length / queries;
  return Array.from({ length: queries }, (_, query) =>
    Array.from({ length: most }, (_, place) => ({
      index: indices[query * most + place]!,
      score: scores[query * most + place]!,
    })),
  );
}
