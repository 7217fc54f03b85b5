import { scoresOfClass } from "../../metrics/classification.js";
import type { LabelSet } from "./metrics.js";

/** From this probability on a label counts as predicted, where nothing else is known. */
export const DEFAULT_THRESHOLD = 0.5;

/**
 * For each label the threshold with the highest F1, where scores from the threshold on count as predicted.
 *
 * Tried are the middles between neighbouring scores, 0 being the lowest one's neighbour, and 0.5 in place of the
 * middle where it lies between the two. Of equally good ones the nearest to 0.5 is taken, of two equally near ones the
 * higher. So a label that no row has keeps 0.5.
 *
 * @param scores probabilities of the labels in class order, one set a row
 * @param expected the rows' labels
 */
export function bestThresholds(
  scores: readonly ArrayLike<number>[],
  expected: readonly LabelSet[],
  numLabels: number,
): number[] {
  return Array.from({ length: numLabels }, (_, label) =>
    bestThreshold(
      scores.map((row) => row[label]!),
      expected.map((row) => row[label]! === 1),
    ),
  );
}

function bestThreshold(scores: readonly number[], expected: readonly boolean[]): number {
  const rows = scores
    .map((score, row) => ({ score, isExpected: expected[row]! }))
    .sort((a, b) => b.score - a.score);
  const support = rows.filter(({ isExpected }) => isExpected).length;
  let best = { threshold: DEFAULT_THRESHOLD, f1: 0 };
  let correct = 0;
  for (const [index, { score, isExpected }] of rows.entries()) {
    if (isExpected) correct++;
    const next = rows[index + 1]?.score;
    if (next === score) continue; // equal scores are on the same side of every threshold
    const threshold = between(next ?? 0, score);
    const f1 = scoresOfClass(correct, index + 1, support).f1;
    const isNearer = distance(threshold) < distance(best.threshold); // thresholds fall, so the higher came first
    if (f1 > best.f1 || (f1 === best.f1 && isNearer)) best = { threshold, f1 };
  }
  return best.threshold;
}

/** A threshold that the higher score reaches and the lower does not; which one makes no difference to the F1. */
function between(lower: number, higher: number): number {
  return lower < DEFAULT_THRESHOLD && DEFAULT_THRESHOLD <= higher ? DEFAULT_THRESHOLD : (lower + higher) / 2;
}

function distance(threshold: number): number {
  return Math.abs(threshold - DEFAULT_THRESHOLD);
}
