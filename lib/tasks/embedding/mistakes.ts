import { rankGaps } from "../../metrics/correlation.js";
import { excerpt, type Mistake, worstMistakes } from "../texts/mistakes.js";
import type { VectorExamples } from "./examples.js";

/** Where an anchor's positive stands among all candidates. */
export interface PositivePlace {
  /** From 1. */
  place: number;
  /** The candidate that is nearest, though not right: its text's number; where it is nearer than the positive. */
  nearest?: number;
  /** How much greater its cosine is than the positive's; 0 where there is none. */
  lead: number;
}

/** Rows whose cosines and scores disagree most. */
export function scoreMistakes(examples: VectorExamples, cosines: readonly number[]): Mistake<number>[] {
  const { texts, textIds, distinctTexts, scores, locations } = examples;
  const pairs = locations.map(
    (_, row) => [distinctTexts![textIds[row * texts]!]!, distinctTexts![textIds[row * texts + 1]!]!] as const,
  );
  const gaps = rankGaps(cosines, scores!);
  return worstMistakes({ texts: pairs, locations }, gaps, (row) =>
    gaps[row] === 0 ? null : { expected: scores![row]!, predicted: cosines[row]! },
  );
}

/** Anchors to which another text than their positives is nearest. */
export function searchMistakes(
  { texts, textIds, distinctTexts, locations }: VectorExamples,
  places: readonly PositivePlace[],
): Mistake<string>[] {
  const textOf = (row: number, column: number) => distinctTexts![textIds[row * texts + column]!]!;
  const anchors = locations.map((_, row) => textOf(row, 0));
  const leads = places.map(({ lead }) => lead);
  return worstMistakes({ texts: anchors, locations }, leads, (row) => {
    const { nearest } = places[row]!;
    if (nearest === undefined) return null;
    return { expected: excerpt(textOf(row, 1)), predicted: excerpt(distinctTexts![nearest]!) };
  });
}
