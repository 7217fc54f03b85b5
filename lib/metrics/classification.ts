import { meanOf, sumOf } from "../arrays.js";

/** How often each class was predicted for each: `matrix[expected][predicted]`. */
export type ConfusionMatrix = number[][];

export interface ClassificationMetrics {
  /** Share of rows whose highest-scored label is the right one. */
  accuracy: number;
  /** F1 of class 1, where there are two: of "positive", "duplicate" and the like. */
  f1?: number;
  /** Unweighted mean over the labels of each label's F1; labels neither there nor predicted do not count. */
  macroF1: number;
  /** Correlation of predicted and true classes, -1 to 1; 0 where either is always the same. */
  matthewsCorrelation: number;
}

/** How well one class is found. A share of nothing is 0. */
export interface ClassScores {
  /** Share of the rows predicted as this class that are of it. */
  precision: number;
  /** Share of the rows of this class that are predicted as such. */
  recall: number;
  /** Harmonic mean of both. */
  f1: number;
  /** Rows of this class. */
  support: number;
}

/**
 * Counts pairs of true and predicted class, as scikit-learn's `confusion_matrix`.
 *
 * @param predicted class numbers, one a row
 * @param expected class numbers, one a row
 */
export function confusionMatrix(
  predicted: ArrayLike<number>,
  expected: ArrayLike<number>,
  numLabels: number,
): ConfusionMatrix {
  const matrix = Array.from({ length: numLabels }, () => new Array<number>(numLabels).fill(0));
  for (let row = 0; row < expected.length; row++) matrix[expected[row]!]![predicted[row]!]!++;
  return matrix;
}

/**
 * Accuracy, F1 and Matthews correlation, as scikit-learn's `accuracy_score`, `f1_score` (of class 1, and with
 * `average="macro"`) and `matthews_corrcoef`.
 */
export function classificationMetrics(matrix: ConfusionMatrix): ClassificationMetrics {
  const classes = scoresOfClasses(matrix);
  const predictedCounts = columnSums(matrix);
  // scikit-learn leaves labels that occur on neither side out of the mean.
  const occurring = classes.filter(({ support }, label) => support + predictedCounts[label]! > 0);
  return {
    accuracy: sumOf(diagonal(matrix)) / sumOf(predictedCounts),
    ...(classes.length === 2 && { f1: classes[1]!.f1 }),
    macroF1: meanOf(occurring.map(({ f1 }) => f1)),
    matthewsCorrelation: matthewsCorrelation(matrix),
  };
}

/** Scores of every class, as scikit-learn's `precision_recall_fscore_support(zero_division=0)`. */
export function scoresOfClasses(matrix: ConfusionMatrix): ClassScores[] {
  const predictedCounts = columnSums(matrix);
  return diagonal(matrix).map((correct, label) =>
    scoresOfClass(correct, predictedCounts[label]!, sumOf(matrix[label]!)),
  );
}

/**
 * @param correct rows of the class that are predicted as such
 * @param predicted rows predicted as the class
 * @param support rows of the class
 */
export function scoresOfClass(correct: number, predicted: number, support: number): ClassScores {
  return {
    precision: share(correct, predicted),
    recall: share(correct, support),
    f1: share(2 * correct, predicted + support),
    support,
  };
}

/** For any number of classes: Gorodkin (2004). */
function matthewsCorrelation(matrix: ConfusionMatrix): number {
  const expectedCounts = matrix.map(sumOf);
  const predictedCounts = columnSums(matrix);
  const rows = sumOf(expectedCounts);
  const covariance = sumOf(diagonal(matrix)) * rows - dot(expectedCounts, predictedCounts);
  const expectedVariance = rows ** 2 - dot(expectedCounts, expectedCounts);
  const predictedVariance = rows ** 2 - dot(predictedCounts, predictedCounts);
  return share(covariance, Math.sqrt(expectedVariance * predictedVariance));
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function diagonal(matrix: ConfusionMatrix): number[] {
  return matrix.map((row, label) => row[label]!);
}

function columnSums(matrix: ConfusionMatrix): number[] {
  return matrix.map((_, label) => sumOf(matrix.map((row) => row[label]!)));
}

function dot(a: number[], b: number[]): number {
  return sumOf(a.map((value, index) => value * b[index]!));
}
