export interface ClassificationMetrics {
  /** Share of rows whose highest-scored label is the right one. */
  accuracy: number;
  /** Unweighted mean over the labels of each label's F1; labels neither there nor predicted do not count. */
  macroF1: number;
}

/**
 * Accuracy and macro-averaged F1, as scikit-learn's `accuracy_score` and `f1_score(average="macro")`.
 *
 * @param predicted class numbers, one a row
 * @param expected class numbers, one a row
 */
export function classificationMetrics(
  predicted: ArrayLike<number>,
  expected: ArrayLike<number>,
  numLabels: number,
): ClassificationMetrics {
  const truePositives = new Float64Array(numLabels);
  const predictedCount = new Float64Array(numLabels);
  const expectedCount = new Float64Array(numLabels);
  for (let row = 0; row < expected.length; row++) {
    predictedCount[predicted[row]!]!++;
    expectedCount[expected[row]!]!++;
    if (predicted[row] === expected[row]) truePositives[expected[row]!]!++;
  }
  const correct = truePositives.reduce((sum, n) => sum + n, 0);
  // scikit-learn leaves labels that occur on neither side out of the mean.
  const occurring = [...truePositives.keys()].filter(
    (label) => predictedCount[label]! + expectedCount[label]! > 0,
  );
  const f1 = (label: number) =>
    (2 * truePositives[label]!) / (predictedCount[label]! + expectedCount[label]!);
  return {
    accuracy: correct / expected.length,
    macroF1: occurring.reduce((sum, label) => sum + f1(label), 0) / occurring.length,
  };
}
