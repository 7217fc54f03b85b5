import type { SimilarityName } from "../checkpoint/sentence/settings.js";
import type { Vector } from "./options.js";

/** No vector is divided by less: one of zeros would be by zero. */
const SMALLEST_LENGTH = 1e-12;

const SIMILARITY: Record<SimilarityName, (a: Vector, b: Vector) => number> = {
  cosine: (a, b) => dot(a, b) / (lengthOf(a) * lengthOf(b)),
  dot,
  euclidean: (a, b) => -Math.sqrt(sum(a, b, (x, y) => (x - y) ** 2)),
  manhattan: (a, b) => -sum(a, b, (x, y) => Math.abs(x - y)),
};

/** How alike two vectors are; of a distance the negative, so that more is more alike. In float64. */
export function pairSimilarity(name: SimilarityName, a: Vector, b: Vector): number {
  return SIMILARITY[name](a, b);
}

function dot(a: Vector, b: Vector): number {
  return sum(a, b, (x, y) => x * y);
}

function lengthOf(vector: Vector): number {
  return Math.max(SMALLEST_LENGTH, Math.sqrt(dot(vector, vector)));
}

function sum(a: Vector, b: Vector, of: (x: number, y: number) => number): number {
  let total = 0;
  for (let index = 0; index < a.length; index++) total += of(a[index]!, b[index]!);
  return total;
}
