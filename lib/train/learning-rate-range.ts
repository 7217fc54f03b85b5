import { meanOf } from "../arrays.js";

/**
 * The learning-rate range test (Smith, 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3): short
 * runs whose rate rises exponentially, and the curve of their losses.
 */

/** From far below any useful rate to far above. */
const LOWEST = 1e-7;
const HIGHEST = 1;

/** The rate of update `step` (from 0) of a test of `updates` (at least 2). */
export function rangeTestRate(step: number, updates: number): number {
  return LOWEST * (HIGHEST / LOWEST) ** (step / (updates - 1));
}

const DIVERGED_AT = 4; // as in fastai's finder
const RECENT = 10; // losses

/** Whether the last losses have come to four times the lowest that losses have been, or are no numbers: enough is seen. */
export function hasDiverged(losses: readonly number[]): boolean {
  let lowest = Infinity;
  let recent = Infinity;
  for (let end = Math.min(RECENT, losses.length); end <= losses.length; end++) {
    recent = meanOf(losses.slice(Math.max(0, end - RECENT), end));
    lowest = Math.min(lowest, recent);
  }
  return !Number.isFinite(recent) || recent > DIVERGED_AT * lowest;
}

/** The mean of several tests' losses at each rate, as far as all of them came with losses that are numbers. */
export function meanLosses(tests: readonly (readonly number[])[]): number[] {
  const lengths = tests.map((losses) => {
    const end = losses.findIndex((loss) => !Number.isFinite(loss));
    return end < 0 ? losses.length : end;
  });
  return Array.from({ length: Math.min(...lengths) }, (_, step) =>
    meanOf(tests.map((losses) => losses[step]!)),
  );
}

/** Standard deviation of the bell that smooths, in decades of the rate: wide enough to hold a dozen updates of a hundred. */
const WIDTH = 0.3;

/** Each loss with its neighbours, weighted by a bell curve: unlike a moving average this does not trail the losses. */
export function smoothed(rates: readonly number[], losses: readonly number[]): number[] {
  const decades = rates.map(Math.log10);
  return losses.map((_, at) => {
    let sum = 0;
    let weights = 0;
    for (const [index, loss] of losses.entries()) {
      const weight = Math.exp(-0.5 * ((decades[index]! - decades[at]!) / WIDTH) ** 2);
      sum += weight * loss;
      weights += weight;
    }
    return sum / weights;
  });
}

/** Rates up to here move no model within a test: the losses at them tell how much losses differ by chance. */
const STILL = 2e-6;
/** Of so many smoothed losses, the lowest is three and a half standard errors low by chance, but seldom. */
const STANDARD_ERRORS = 3.5;

/** Of the way down, when a higher rate is no longer worth its risk. */
const ENOUGH = 0.9;

/**
 * The first rate at which the smoothed loss has fallen nine tenths of the way to its lowest, or null where it nowhere falls by
 * more than chance would have it.
 *
 * Where the loss is lowest, updates begin to undo each other, and some trainings at that rate come to nothing. The rate of the
 * fastest fall, which others suggest, depends on how far a new layer's first losses are from what any constant answer gives.
 */
export function suggestLearningRate(rates: readonly number[], losses: readonly number[]): number | null {
  const still = rates.findIndex((rate) => rate > STILL);
  if (still < 2 || still >= losses.length) return null; // too short to tell
  const start = losses.slice(0, still);
  const curve = smoothed(rates.slice(0, losses.length), losses).slice(still);
  const fall = meanOf(start) - Math.min(...curve);
  if (fall <= STANDARD_ERRORS * standardError(start)) return null;
  return rates[still + curve.findIndex((loss) => loss <= meanOf(start) - ENOUGH * fall)]!;
}

/** Of the mean of so many numbers. */
function standardError(numbers: readonly number[]): number {
  const centre = meanOf(numbers);
  const variance = meanOf(numbers.map((number) => (number - centre) ** 2));
  return Math.sqrt(variance / numbers.length);
}
