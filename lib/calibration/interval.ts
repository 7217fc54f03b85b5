import { conformalQuantile } from "./conformal-quantile.js";

/** How far a number may be from the predicted one. */
export interface Interval {
  /** Which share of intervals was wanted to hold what is right. */
  coverage: number;
  /** From the predicted number to either end. */
  halfWidth: number;
}

/** Split conformal with absolute residuals. @throws LibbertError ERR_DATA as `conformalQuantile` */
export function intervalFor(
  coverage: number,
  predicted: ArrayLike<number>,
  right: readonly number[],
): Interval {
  return { coverage, halfWidth: conformalQuantile(residuals(predicted, right), coverage) };
}

/** Which share of intervals holds what is right. */
export function coverageOf(
  { halfWidth }: Interval,
  predicted: ArrayLike<number>,
  right: readonly number[],
): number {
  return residuals(predicted, right).filter((residual) => residual <= halfWidth).length / right.length;
}

function residuals(predicted: ArrayLike<number>, right: readonly number[]): number[] {
  return right.map((value, row) => Math.abs(value - predicted[row]!));
}
