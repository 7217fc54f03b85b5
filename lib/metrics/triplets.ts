import { checkCounts } from "./check-counts.js";

/**
 * How often a positive is more alike to its anchor than a negative is, by more than a margin, as `TripletEvaluator` of
 * sentence-transformers computes it.
 *
 * @param positives how alike each positive is to its anchor
 * @param negatives how alike each negative is
 * @throws LibbertError ERR_OPTION for none, or another number of negatives
 */
export function tripletAccuracy(
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
  margin = 0,
): number {
  checkCounts({ positives, negatives });
  const right = Array.from(positives).filter((score, row) => score > negatives[row]! + margin);
  return right.length / positives.length;
}
