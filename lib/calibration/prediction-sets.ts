import { conformalQuantile } from "./conformal-quantile.js";

/** How sets are made: see `SCORES`. */
export const SET_METHODS = ["lac", "aps"] as const;
type SetMethod = (typeof SET_METHODS)[number];

/** From which score on something is no longer in a set of predictions. */
export interface PredictionSets {
  /** `lac` (Sadinle et al., 2019) gives the smallest sets; `aps` (Romano et al., 2020) larger ones where labels are hard to tell. */
  method: SetMethod;
  /** Which share of sets was wanted to hold what is right. */
  coverage: number;
  /** The highest score of what is in a set. */
  quantile: number;
  /** How many labels, or choices, the sets of the validation rows have on average. */
  meanSize: number;
}

/** What sets come to on some rows. */
export interface PredictionSetFigures {
  /** Which share of them holds what is right. */
  coverage: number;
  /** How many labels, or choices, they have on average. */
  meanSize: number;
  /** How many are empty: nothing fits. */
  empty: number;
}

/**
 * How strange it is, by a model's probabilities, that something is right: with LAC (Sadinle et al., 2019) what is left to 1; with
 * APS (Romano et al., 2020; without its random draw) the probability of it and all likelier ones.
 */
const SCORES: Readonly<Record<SetMethod, (probabilities: ArrayLike<number>, ranks: number[]) => number[]>> = {
  lac: (probabilities, ranking) => ranking.map((index) => 1 - probabilities[index]!),
  aps(probabilities, ranking) {
    let sum = 0;
    return ranking.map((index) => (sum += probabilities[index]!));
  },
};

/** Sets that hold what is right with the wanted probability. @throws LibbertError ERR_DATA as `conformalQuantile` */
export function predictionSetsFor(
  { method, coverage }: Pick<PredictionSets, "method" | "coverage">,
  probabilities: readonly ArrayLike<number>[],
  right: readonly number[],
): PredictionSets {
  const scores = probabilities.map((some, row) => {
    const ranking = likeliestFirst(some);
    return SCORES[method](some, ranking)[ranking.indexOf(right[row]!)]!;
  });
  const quantile = conformalQuantile(scores, coverage);
  const { meanSize } = predictionSetFigures({ method, quantile }, probabilities, right);
  return { method, coverage, quantile, meanSize };
}

/**
 * What may be right, the likeliest first. With LAC that may be nothing; with APS the one that crosses the quantile is still in the set,
 * as in its paper, so that there is always one.
 */
export function predictionSet(
  { method, quantile }: Pick<PredictionSets, "method" | "quantile">,
  probabilities: ArrayLike<number>,
): number[] {
  const ranking = likeliestFirst(probabilities);
  const scores = SCORES[method](probabilities, ranking);
  const within = scores.filter((score) => score <= quantile).length;
  if (method === "lac") return ranking.slice(0, within);
  const reaches = scores.findIndex((score) => score >= quantile);
  return reaches < 0 ? ranking : ranking.slice(0, Math.max(within, reaches + 1));
}

/** How far sets keep what they promise, on rows that they were not made by. */
export function predictionSetFigures(
  sets: Pick<PredictionSets, "method" | "quantile">,
  probabilities: readonly ArrayLike<number>[],
  right: readonly number[],
): PredictionSetFigures {
  const made = probabilities.map((some) => predictionSet(sets, some));
  const holding = made.filter((set, row) => set.includes(right[row]!)).length;
  const size = made.reduce((sum, { length }) => sum + length, 0);
  return {
    coverage: holding / made.length,
    meanSize: size / made.length,
    empty: made.filter(({ length }) => length === 0).length,
  };
}

/** Indices, of equal probabilities the first one first. */
function likeliestFirst(probabilities: ArrayLike<number>): number[] {
  return Array.from(probabilities, (_, index) => index).sort(
    (a, b) => probabilities[b]! - probabilities[a]! || a - b,
  );
}
