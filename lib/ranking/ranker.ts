import { z } from "zod";
import { optionMeta } from "../options/option.js";
import type { RegressionPrediction } from "../tasks/regression/prediction.js";

/** What scores pairs of texts: a model for reranking or regression, as `fineTune()` and `loadModel()` give it. */
export interface Ranker {
  /** Either of the tasks whose models have one output for a pair. */
  readonly task: "reranking" | "regression";
  /** A score for each pair, the more the better. */
  score(
    pairs: readonly (readonly [string, string])[],
    options?: { signal?: AbortSignal },
  ): Promise<RegressionPrediction[]>;
}

/** @param what its description */
export function rankerOption(what: string) {
  return z
    .custom<Ranker>(isRanker, "a model for reranking or regression")
    .optional()
    .describe(what)
    .register(optionMeta, { typeName: "Ranker", defaultText: "none" });
}

function isRanker(value: unknown): value is Ranker {
  if (typeof value !== "object" || value === null) return false;
  const { task, score } = value as Partial<Ranker>;
  return (task === "reranking" || task === "regression") && typeof score === "function";
}

/** So many pairs cross to the ranker's thread at a time. */
const PAIRS_AT_A_TIME = 4096;

/** The score of each pair. @throws what the ranker throws; the signal's reason */
export async function rankerScores(
  ranker: Ranker,
  pairs: readonly (readonly [string, string])[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const scores = new Float64Array(pairs.length);
  for (let first = 0; first < pairs.length; first += PAIRS_AT_A_TIME) {
    const scored = await ranker.score(pairs.slice(first, first + PAIRS_AT_A_TIME), { signal });
    for (const [place, { score }] of scored.entries()) scores[first + place] = score;
  }
  return scores;
}
