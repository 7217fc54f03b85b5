import { type ClassScores, scoresOfClass } from "../../metrics/classification.js";

/** Which labels a row has: 1 or 0 for each, in class order. */
export type LabelSet = ArrayLike<number>;

export interface MultiLabelMetrics {
  /** F1 of all decisions together, whatever their label. */
  microF1: number;
  /** Unweighted mean of the labels' F1; a label neither there nor predicted counts with 0. */
  macroF1: number;
  /** Share of rows whose labels are all right, and no other. */
  subsetAccuracy: number;
}

/**
 * F1 over decisions and over labels, and the accuracy of whole rows, as scikit-learn's `f1_score` with
 * `average="micro"` and `"macro"`, and `accuracy_score`, all with `zero_division=0`.
 *
 * @param predicted one set a row
 * @param expected one set a row
 */
export function multiLabelMetrics(
  predicted: readonly LabelSet[],
  expected: readonly LabelSet[],
  numLabels: number,
): MultiLabelMetrics {
  const labels = countsOfLabels(predicted, expected, numLabels);
  const total = (name: keyof LabelCounts) => labels.reduce((sum, counts) => sum + counts[name], 0);
  const f1s = labels.map(f1Of);
  const isEqual = (row: LabelSet, index: number) =>
    Array.from(row).every((has, label) => has === expected[index]![label]);
  return {
    microF1: scoresOfClass(total("correct"), total("predicted"), total("support")).f1,
    macroF1: f1s.reduce((sum, f1) => sum + f1, 0) / numLabels,
    subsetAccuracy: predicted.filter(isEqual).length / predicted.length,
  };
}

/** Scores of every label, as scikit-learn's `precision_recall_fscore_support(zero_division=0)`. */
export function scoresOfLabels(
  predicted: readonly LabelSet[],
  expected: readonly LabelSet[],
  numLabels: number,
): ClassScores[] {
  return countsOfLabels(predicted, expected, numLabels).map(({ correct, predicted, support }) =>
    scoresOfClass(correct, predicted, support),
  );
}

interface LabelCounts {
  correct: number;
  predicted: number;
  support: number;
}

function countsOfLabels(
  predicted: readonly LabelSet[],
  expected: readonly LabelSet[],
  numLabels: number,
): LabelCounts[] {
  return Array.from({ length: numLabels }, (_, label) => {
    const counts = { correct: 0, predicted: 0, support: 0 };
    for (const [row, labels] of expected.entries()) {
      const [isExpected, isPredicted] = [labels[label]!, predicted[row]![label]!];
      counts.correct += isExpected * isPredicted;
      counts.predicted += isPredicted;
      counts.support += isExpected;
    }
    return counts;
  });
}

function f1Of({ correct, predicted, support }: LabelCounts): number {
  return scoresOfClass(correct, predicted, support).f1;
}
