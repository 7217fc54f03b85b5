import { pearson, spearman } from "../../metrics/correlation.js";
import type { VectorExamples } from "./examples.js";
import type { VectorEvaluation } from "./prediction.js";

/** The figures of rows whose texts have these vectors, those of a row one after the other. */
export function evaluateVectors(
  examples: VectorExamples,
  vectors: readonly Float32Array[],
): VectorEvaluation {
  const unit = vectors.map(unitVector);
  const { rows, texts, scores } = examples;
  const of = (row: number, text: number) => unit[row * texts + text]!;
  if (scores) {
    const cosines = Array.from(scores, (_, row) => dot(of(row, 0), of(row, 1)));
    return { rows, pearson: pearson(cosines, scores), spearman: spearman(cosines, scores) };
  }
  const places = placesOf(examples, unit);
  const meanOf = (value: (place: number) => number) =>
    places.reduce((sum, place) => sum + value(place), 0) / rows;
  return {
    rows,
    accuracyAt1: meanOf((place) => (place === 1 ? 1 : 0)),
    mrrAt10: meanOf((place) => (place <= 10 ? 1 / place : 0)),
    ndcgAt10: meanOf((place) => (place <= 10 ? 1 / Math.log2(1 + place) : 0)),
    ...(texts > 2 && { tripletAccuracy: tripletAccuracy(rows, texts, of) }),
  };
}

/**
 * Where each anchor's positive stands among all different positives and negatives, from 1. What is a positive of the same anchor in
 * another row does not stand before it.
 */
function placesOf({ rows, texts, textIds }: VectorExamples, unit: readonly Float32Array[]): number[] {
  const candidates = new Map<number, Float32Array>();
  const rightFor = new Map<number, Set<number>>(); // by the anchor's text
  for (let row = 0; row < rows; row++) {
    const [anchor, positive] = [textIds[row * texts]!, textIds[row * texts + 1]!];
    rightFor.set(anchor, (rightFor.get(anchor) ?? new Set()).add(positive));
    for (let text = 1; text < texts; text++)
      candidates.set(textIds[row * texts + text]!, unit[row * texts + text]!);
  }
  return Array.from({ length: rows }, (_, row) => {
    const anchor = unit[row * texts]!;
    const right = rightFor.get(textIds[row * texts]!)!;
    const own = dot(anchor, unit[row * texts + 1]!);
    let place = 1;
    for (const [id, candidate] of candidates) if (!right.has(id) && dot(anchor, candidate) > own) place++;
    return place;
  });
}

function tripletAccuracy(
  rows: number,
  texts: number,
  of: (row: number, text: number) => Float32Array,
): number {
  let right = 0;
  for (let row = 0; row < rows; row++) {
    const cosines = Array.from({ length: texts - 1 }, (_, text) => dot(of(row, 0), of(row, text + 1)));
    if (cosines.slice(1).every((cosine) => cosine < cosines[0]!)) right++;
  }
  return right / rows;
}

function unitVector(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}
