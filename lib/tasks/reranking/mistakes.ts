import { range } from "../../arrays.js";
import { softplus } from "../../logistic.js";
import { rankGaps } from "../../metrics/correlation.js";
import { excerpt, type Mistake, type MistakeReport, worstMistakes } from "../texts/mistakes.js";
import type { RankingExamples } from "./examples.js";

/**
 * The rows that a model was most wrong about.
 *
 * @param outputs of each query with each of its documents, before any activation
 * @param scores the same after it
 */
export function rankingReport(
  examples: RankingExamples,
  outputs: readonly number[],
  scores: readonly number[],
): MistakeReport<string> | MistakeReport<number> {
  const { kind, labels, locations, pairs } = examples;
  if (kind === "lists") return { worstMistakes: listMistakes(examples, outputs) };
  const rows = { texts: pairs!, locations };
  const mistakesBy = (losses: ArrayLike<number>, predictedOf: (row: number) => number | null) =>
    worstMistakes(rows, losses, (row) => {
      const predicted = predictedOf(row);
      return predicted === null ? null : { expected: labels[row]!, predicted };
    });
  if (kind === "labels") {
    const wrongLabel = (row: number) => (outputs[row]! > 0 === (labels[row] === 1) ? null : 1 - labels[row]!);
    return { worstMistakes: mistakesBy(binaryLosses(outputs, labels), wrongLabel) };
  }
  const gaps = rankGaps(scores, labels);
  return { worstMistakes: mistakesBy(gaps, (row) => (gaps[row] === 0 ? null : scores[row]!)) };
}

/** Cross entropies of labels 0 and 1. */
function binaryLosses(outputs: readonly number[], labels: Float64Array): number[] {
  return outputs.map((output, row) => softplus(labels[row] === 1 ? -output : output));
}

/** Lists in which a less relevant document stands before all of the most relevant ones. */
function listMistakes(
  { labels, bounds, locations, pairs }: RankingExamples,
  outputs: readonly number[],
): Mistake<string>[] {
  const compared = locations.map((_, row) => {
    const places = range(bounds[row]!, bounds[row + 1]!);
    const most = places.reduce((highest, place) => Math.max(highest, labels[place]!), -Infinity);
    const bestOf = (own: readonly number[]) =>
      own.reduce((best, place) => (outputs[place]! > outputs[best]! ? place : best), own[0]!);
    const right = bestOf(places.filter((place) => labels[place] === most));
    const less = places.filter((place) => labels[place]! < most);
    return { right, wrong: less.length === 0 ? right : bestOf(less) };
  });
  const texts = compared.map(({ right }) => pairs![right]![0]);
  const losses = compared.map(({ right, wrong }) => outputs[wrong]! - outputs[right]!);
  return worstMistakes({ texts, locations }, losses, (row) => {
    if (losses[row]! <= 0) return null;
    const { right, wrong } = compared[row]!;
    return { expected: excerpt(pairs![right]![1]), predicted: excerpt(pairs![wrong]![1]) };
  });
}
