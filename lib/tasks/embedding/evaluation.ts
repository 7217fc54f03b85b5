import { pairSimilarity } from "../../features/pair-similarity.js";
import { similarities } from "../../features/similarity.js";
import { pearson, spearman } from "../../metrics/correlation.js";
import type { VectorExamples } from "./examples.js";
import { type PositivePlace, scoreMistakes, searchMistakes } from "./mistakes.js";
import type { VectorEvaluation } from "./prediction.js";

/** So many anchors are compared with all candidates at a time. */
const ANCHORS_AT_A_TIME = 256;

/** The figures of rows whose texts have these vectors, those of a row one after the other. */
export function evaluateVectors(
  examples: VectorExamples,
  vectors: readonly Float32Array[],
): VectorEvaluation {
  const { rows, texts, scores } = examples;
  const cosineOf = (row: number, text: number) =>
    pairSimilarity("cosine", vectors[row * texts]!, vectors[row * texts + text]!);
  if (scores) {
    const cosines = Array.from(scores, (_, row) => cosineOf(row, 1));
    return {
      rows,
      pearson: pearson(cosines, scores),
      spearman: spearman(cosines, scores),
      report: { worstMistakes: scoreMistakes(examples, cosines) },
    };
  }
  const places = placesOf(examples, vectors);
  const meanOf = (value: (place: number) => number) =>
    places.reduce((sum, { place }) => sum + value(place), 0) / rows;
  return {
    rows,
    accuracyAt1: meanOf((place) => (place === 1 ? 1 : 0)),
    mrrAt10: meanOf((place) => (place <= 10 ? 1 / place : 0)),
    ndcgAt10: meanOf((place) => (place <= 10 ? 1 / Math.log2(1 + place) : 0)),
    ...(texts > 2 && { tripletAccuracy: tripletAccuracy(rows, texts, cosineOf) }),
    report: { worstMistakes: searchMistakes(examples, places) },
  };
}

/**
 * Where each anchor's positive stands among all different positives and negatives, from 1. What is a positive of the same anchor in
 * another row does not stand before it.
 */
function placesOf(
  { rows, texts, textIds }: VectorExamples,
  vectors: readonly Float32Array[],
): PositivePlace[] {
  const candidates = new Map<number, Float32Array>();
  const rightFor = new Map<number, Set<number>>(); // by the anchor's text
  for (let row = 0; row < rows; row++) {
    const [anchor, positive] = [textIds[row * texts]!, textIds[row * texts + 1]!];
    rightFor.set(anchor, (rightFor.get(anchor) ?? new Set()).add(positive));
    for (let text = 1; text < texts; text++)
      candidates.set(textIds[row * texts + text]!, vectors[row * texts + text]!);
  }
  const ids = [...candidates.keys()];
  const columnOf = new Map(ids.map((id, column) => [id, column]));
  const places: PositivePlace[] = [];
  for (let first = 0; first < rows; first += ANCHORS_AT_A_TIME) {
    const count = Math.min(ANCHORS_AT_A_TIME, rows - first);
    const anchors = Array.from({ length: count }, (_, index) => vectors[(first + index) * texts]!);
    for (const cosines of similarities("cosine", anchors, [...candidates.values()])) {
      const text = places.length * texts;
      const right = rightFor.get(textIds[text]!)!;
      const own = cosines[columnOf.get(textIds[text + 1]!)!]!;
      const nearer = ids.flatMap((id, column) =>
        cosines[column]! > own && !right.has(id) ? [{ id, cosine: cosines[column]! }] : [],
      );
      const [nearest] = nearer.sort((a, b) => b.cosine - a.cosine);
      const lead = nearest === undefined ? 0 : nearest.cosine - own;
      places.push({ place: 1 + nearer.length, nearest: nearest?.id, lead });
    }
  }
  return places;
}

function tripletAccuracy(
  rows: number,
  texts: number,
  cosineOf: (row: number, text: number) => number,
): number {
  let right = 0;
  for (let row = 0; row < rows; row++) {
    const cosines = Array.from({ length: texts - 1 }, (_, text) => cosineOf(row, text + 1));
    if (cosines.slice(1).every((cosine) => cosine < cosines[0]!)) right++;
  }
  return right / rows;
}
