/**
 * The learning-rate range test (Smith, 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3), as
 * fastai's finder made it known: a short run whose rate rises exponentially, and the curve of its losses.
 */

/** The range of the paper's successors: far below any useful rate to far above. */
const LOWEST = 1e-7;
const HIGHEST = 1;

/** The rate of update `step` (from 0) of a test of `updates` (at least 2). */
export function rangeTestRate(step: number, updates: number): number {
  return LOWEST * (HIGHEST / LOWEST) ** (step / (updates - 1));
}

/** A loss counts with the ten or so before it; the first ten have too few. */
const SMOOTHING = 0.9;
const UNSETTLED = 10;

/** Exponential moving average, corrected for its start as Adam's moments are. */
export function smoothed(losses: readonly number[]): number[] {
  let sum = 0;
  return losses.map((loss, index) => {
    sum = SMOOTHING * sum + (1 - SMOOTHING) * loss;
    return sum / (1 - SMOOTHING ** (index + 1));
  });
}

/** As in fastai's finder. */
const DIVERGED_AT = 4;

/** Whether the smoothed loss has come to four times its lowest value, or is no number: the test has seen enough. */
export function hasDiverged(losses: readonly number[]): boolean {
  const curve = smoothed(losses);
  const last = curve.at(-1)!;
  return !Number.isFinite(last) || last > DIVERGED_AT * Math.min(...curve);
}

/**
 * The rate at which the smoothed loss falls most steeply over the logarithm of the rate, or null where it falls nowhere.
 *
 * A moving average trails its data, here by half a decade of rates, so what lies before the lowest loss is smoothed once
 * from each end.
 */
export function suggestLearningRate(rates: readonly number[], losses: readonly number[]): number | null {
  const trailing = smoothed(losses.filter(Number.isFinite));
  const lowest = trailing.indexOf(Math.min(...trailing));
  const curve = smoothed(smoothed(losses.slice(0, lowest + 1)).reverse()).reverse();
  let steepest: { slope: number; rate: number | null } = { slope: 0, rate: null };
  for (let index = UNSETTLED; index + 1 < curve.length; index++) {
    const slope = (curve[index + 1]! - curve[index - 1]!) / Math.log(rates[index + 1]! / rates[index - 1]!);
    if (slope < steepest.slope) steepest = { slope, rate: rates[index]! };
  }
  return steepest.rate;
}
