import { averagePrecision } from "./average-precision.js";
import { checkCounts } from "./check-counts.js";
import { classificationMetrics, confusionMatrix } from "./classification.js";

/** How well a score tells which pairs belong together: those that score a threshold or more. */
export interface PairMetrics {
  /** The best share of pairs that are told right, over all thresholds. */
  accuracy: number;
  /** Where that is so, in the middle between two scores. */
  accuracyThreshold: number;
  /** The best F1 over all thresholds. */
  f1: number;
  /** Where that is so. */
  f1Threshold: number;
  /** At the threshold of F1. */
  precision: number;
  /** At the threshold of F1. */
  recall: number;
  /** At the threshold of F1. */
  matthewsCorrelation: number;
  /** Of all thresholds together. */
  averagePrecision: number;
}

/** The pairs that score a threshold or more. */
interface Split {
  threshold: number;
  pairs: number;
  /** How many of them belong together. */
  right: number;
}

/**
 * As `BinaryClassificationEvaluator` of sentence-transformers computes it, of which distances and their thresholds have no minus.
 *
 * @param scores how alike the texts of each pair are: distances with a minus
 * @param labels whether they belong together
 * @throws LibbertError ERR_OPTION for none, or another number of labels
 */
export function pairMetrics(scores: ArrayLike<number>, labels: ArrayLike<boolean>): PairMetrics {
  checkCounts({ scores, labels });
  const count = scores.length;
  const splits = splitsOf(scores, labels);
  const together = splits.at(-1)!.right;
  const told = ({ pairs, right }: Split) => right + count - together - (pairs - right);
  const f1 = ({ pairs, right }: Split) => (2 * right) / (pairs + together);
  const byAccuracy = firstBest(splits, told);
  const byF1 = firstBest(splits.slice(1), f1);
  const found = f1(byF1) > 0 ? byF1 : { threshold: 0, pairs: 0, right: 0 };
  const predicted = Array.from(scores, (score) => (score >= found.threshold ? 1 : 0));
  const matrix = confusionMatrix(predicted, Array.from(labels, Number), 2);
  return {
    accuracy: told(byAccuracy) / count,
    accuracyThreshold: byAccuracy.threshold,
    f1: f1(byF1),
    f1Threshold: found.threshold,
    precision: found.right / Math.max(1, found.pairs),
    recall: found.right / Math.max(1, together),
    matthewsCorrelation: classificationMetrics(matrix).matthewsCorrelation,
    averagePrecision: averagePrecision(scores, labels),
  };
}

/** Every split that a threshold can make, from that without any pair to that with all. */
function splitsOf(scores: ArrayLike<number>, labels: ArrayLike<boolean>): Split[] {
  const order = Array.from(scores, (_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
  const highest = scores[order[0]!]!;
  const splits = [{ threshold: justAbove(highest), pairs: 0, right: 0 }];
  let right = 0;
  for (const [place, row] of order.entries()) {
    if (labels[row]) right++;
    const [score, next] = [scores[row]!, scores[order[place + 1] ?? row]!];
    const isLast = place === order.length - 1;
    if (!isLast && score === next) continue;
    const middle = (score + next) / 2;
    splits.push({ threshold: middle === next ? score : middle, pairs: place + 1, right });
  }
  return splits;
}

function justAbove(value: number): number {
  return value + Math.max(Number.MIN_VALUE, Math.abs(value) * Number.EPSILON);
}

function firstBest(splits: readonly Split[], figure: (split: Split) => number): Split {
  return splits.reduce((best, split) => (figure(split) > figure(best) ? split : best));
}
