import { createHash } from "node:crypto";
import { noGrad } from "../tensor/autograd.js";
import { empty, type TensorOptions } from "../tensor/create.js";
import type { DType } from "../tensor/dtype.js";
import { native } from "../tensor/native.js";
import { manualSeed } from "../tensor/random.js";
import type { Tensor } from "../tensor/tensor.js";
import { Parameter } from "./module.js";

/** Standard deviation of BERT's initial weights (`initializer_range` of the paper's configuration). */
export const INITIALIZER_RANGE = 0.02;

/** Where new parameters lie while they are left without values; null while they get some. */
let uninitialised: TensorOptions | null = null;

/**
 * Runs `body`, whose new parameters are left without values: for models that a checkpoint is loaded into at once.
 *
 * @param options dtype and device of the parameters. Default: float32 on the CPU
 */
export function withoutInitialisation<T>(body: () => T, options: TensorOptions = {}): T {
  const outer = uninitialised;
  uninitialised = options;
  try {
    return body();
  } finally {
    uninitialised = outer;
  }
}

/** A weight as the paper's code starts it: normal, redrawn where it lies beyond two standard deviations. */
export function weightParameter(shape: readonly number[], std: number, dtype?: DType): Parameter {
  return newParameter(shape, true, (values) => truncatedNormal_(values, std), dtype);
}

/** A bias, or LayerNorm's shift. */
export function zerosParameter(shape: readonly number[], dtype?: DType): Parameter {
  return newParameter(shape, false, (values) => values.fill_(0), dtype);
}

/** LayerNorm's gain. */
export function onesParameter(shape: readonly number[]): Parameter {
  return newParameter(shape, false, (values) => values.fill_(1));
}

function newParameter(
  shape: readonly number[],
  decays: boolean,
  initialise: (values: Tensor) => void,
  dtype?: DType,
): Parameter {
  const options = { ...uninitialised, ...(dtype && { dtype }) };
  const parameter = new Parameter(empty(shape, options), { decays, initialise, dtype });
  if (uninitialised === null) parameter.initialise();
  return parameter;
}

/**
 * Gives a parameter the first values that belong to a seed and its name: neither the order nor other parameters matter.
 */
export function initialiseByName(parameter: Parameter, name: string, seed: number): void {
  const hash = createHash("sha256").update(`${seed} ${name}`).digest();
  manualSeed(hash.readUIntBE(0, 6));
  parameter.initialise();
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
