import type { Anchor } from "../retrieval/choose-negatives.js";
import type { NumberedPairs } from "../retrieval/numbered-pairs.js";
import { type Ranker, rankerScores } from "./ranker.js";

/**
 * Anchors whose candidates, and whose positives, have a ranker's scores in the place of their vectors', the best first.
 *
 * @throws what the ranker throws; the signal's reason
 */
export async function rescored(
  ranker: Ranker,
  anchors: readonly Anchor[],
  { anchors: texts, documents }: NumberedPairs,
  signal?: AbortSignal,
): Promise<Anchor[]> {
  const asked = anchors.map(({ positives, found }) => [
    ...new Set([...positives, ...found.map(({ index }) => index)]),
  ]);
  const pairs = anchors.flatMap(({ number }, place) =>
    asked[place]!.map((document) => [texts[number]!, documents[document]!] as const),
  );
  const scores = await rankerScores(ranker, pairs, signal);
  let next = 0;
  return anchors.map((anchor, place) => {
    const found = asked[place]!.map((index) => ({ index, score: scores[next++]! }));
    const ofPositives = found.filter(({ index }) => anchor.positives.has(index)).map(({ score }) => score);
    const lowestPositive = Math.min(...ofPositives);
    return { ...anchor, lowestPositive, found: found.sort((a, b) => b.score - a.score) };
  });
}
