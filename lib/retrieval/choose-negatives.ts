import { CounterRandom } from "../counter-random.js";
import { expected } from "../errors.js";
import type { ChoiceSettings } from "./mining-options.js";
import type { FoundVector } from "./options.js";

/** What is known of an anchor. */
export interface Anchor {
  /** The texts that are most alike to it, the best first. */
  found: readonly FoundVector[];
  /** Which texts are right for it. */
  positives: ReadonlySet<number>;
  /** How alike the least alike of these is. */
  lowestPositive: number;
  /** Its number, from which a random choice is made. */
  number: number;
}

/**
 * How many candidates an anchor has, by the rules of `mine_hard_negatives` of sentence-transformers.
 *
 * @param mostPositives of one anchor
 * @throws LibbertError ERR_OPTION for a range with too few candidates in it, or for scores that no candidate has
 */
export function candidateRange(settings: Omit<ChoiceSettings, "seed">, mostPositives: number): number {
  const { rangeMin, numNegatives, maxScore, minScore, absoluteMargin, relativeMargin } = settings;
  if (minScore !== undefined && maxScore !== undefined && minScore > maxScore)
    throw expected(`at most ${maxScore}, the maxScore,`, "minScore", minScore);
  const isFiltered = [maxScore, absoluteMargin, relativeMargin].some((limit) => limit !== undefined);
  const rangeMax = settings.rangeMax ?? rangeMin + numNegatives * (isFiltered ? 10 : 1) + mostPositives;
  if (rangeMax - rangeMin >= numNegatives) return rangeMax;
  throw expected(
    `at least ${rangeMin + numNegatives}, rangeMin and numNegatives together,`,
    "rangeMax",
    rangeMax,
  );
}

/** The negatives of an anchor, the most alike first: never one of its positives. */
export function chooseNegatives(anchor: Anchor, rangeMax: number, settings: ChoiceSettings): FoundVector[] {
  const { rangeMin, numNegatives, samplingStrategy, seed } = settings;
  const candidates = anchor.found
    .filter((found) => isCandidate(found, anchor, settings))
    .slice(rangeMin, rangeMax);
  if (samplingStrategy === "top") return candidates.slice(0, numNegatives);
  const order = Int32Array.from(candidates.keys());
  new CounterRandom(seed, anchor.number).shuffle(order);
  return [...order.subarray(0, numNegatives).sort()].map((place) => candidates[place]!);
}

function isCandidate(
  { index, score }: FoundVector,
  { positives, lowestPositive }: Anchor,
  { maxScore, minScore, absoluteMargin, relativeMargin }: ChoiceSettings,
): boolean {
  if (positives.has(index)) return false;
  if (absoluteMargin !== undefined && score + absoluteMargin > lowestPositive) return false;
  const below = Math.abs(lowestPositive) * (relativeMargin ?? 0);
  if (relativeMargin !== undefined && score > lowestPositive - below) return false;
  if (maxScore !== undefined && score > maxScore) return false;
  return minScore === undefined || score >= minScore;
}
