import { noGrad } from "../tensor/autograd.js";
import { empty, ones, zeros } from "../tensor/create.js";
import { native } from "../tensor/native.js";
import type { Tensor } from "../tensor/tensor.js";
import { Parameter } from "./module.js";

/** Standard deviation of BERT's initial weights (`initializer_range` of the paper's configuration). */
export const INITIALIZER_RANGE = 0.02;

let initialising = true;

/** Runs `body`, whose new parameters are left without values: for models that a checkpoint is loaded into at once. */
export function withoutInitialisation<T>(body: () => T): T {
  initialising = false;
  try {
    return body();
  } finally {
    initialising = true;
  }
}

/** A weight as the paper's code starts it: normal, redrawn where it lies beyond two standard deviations. */
export function weightParameter(shape: readonly number[], std: number): Parameter {
  const weight = empty(shape);
  return new Parameter(initialising ? truncatedNormal_(weight, std) : weight);
}

/** A bias, or LayerNorm's shift. */
export function zerosParameter(shape: readonly number[]): Parameter {
  return new Parameter(zeros(shape));
}

/** LayerNorm's gain. */
export function onesParameter(shape: readonly number[]): Parameter {
  return new Parameter(ones(shape));
}

/** P(-2 < z < 2) of the standard normal: erf(2 / √2). */
const MASS_WITHIN_TWO = 0.9544997361036416;

/**
 * Fills `x` in place with a normal distribution of mean 0 cut at ±2 `std`, by the inverse of its cumulative
 * distribution: z = √2 erfinv(u), with u uniform over the mass that is kept.
 */
export function truncatedNormal_(x: Tensor, std: number): Tensor {
  return noGrad(() => {
    x.uniform_(-MASS_WITHIN_TWO, MASS_WITHIN_TWO);
    native.erfinv_(x.handle);
    x.mul_(Math.SQRT2 * std);
    native.clamp_(x.handle, -2 * std, 2 * std); // rounding may leave the last bit outside
    return x;
  });
}
