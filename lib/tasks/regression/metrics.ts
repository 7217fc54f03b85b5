import { pearson, spearman } from "../../metrics/correlation.js";

export interface RegressionMetrics {
  /** Linear correlation of predicted and true values, -1 to 1; null where there is none. */
  pearson: number | null;
  /** Correlation of their ranks, -1 to 1; null where there is none. */
  spearman: number | null;
  /** Mean of the squared differences of predicted and true values, in the square of their unit. */
  meanSquaredError: number;
}

/** Correlations and mean squared error of predicted values, one a row. */
export function regressionMetrics(
  predicted: ArrayLike<number>,
  expected: ArrayLike<number>,
): RegressionMetrics {
  return {
    pearson: pearson(predicted, expected),
    spearman: spearman(predicted, expected),
    meanSquaredError: meanSquaredError(predicted, expected),
  };
}

export function meanSquaredError(predicted: ArrayLike<number>, expected: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < expected.length; row++) sum += (predicted[row]! - expected[row]!) ** 2;
  return sum / expected.length;
}
