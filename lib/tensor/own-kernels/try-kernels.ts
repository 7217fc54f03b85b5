import type { DType } from "../dtype.js";
import { native } from "../native.js";
import { scope } from "../scope.js";
import { TRIALS } from "./trials.js";

/**
 * The most by which results may differ, in parts of the largest number. Sums are made in another order, and numbers in bfloat16, of
 * 8 bits, are rounded at other places.
 */
const TOLERANCE = { float32: 1e-4, bfloat16: 4e-2 };

export type TrialType = keyof typeof TOLERANCE & DType;
const TYPES: readonly TrialType[] = ["float32", "bfloat16"];

/**
 * Compares an operator's own kernels with LibTorch's on a device. Afterwards no operator takes its own.
 *
 * @returns what is wrong with them, if anything
 */
export function tryKernels(name: string, device: string, dtypes = TYPES): string | undefined {
  const trial = TRIALS[name];
  if (trial === undefined) return "there is no trial of them";
  for (const dtype of dtypes) {
    const compute = (kernels: string[]) => {
      native.useOwnKernels(kernels);
      return scope(() => trial({ device, dtype }).map((result) => result.toArray()));
    };
    const [own, expected] = [compute([name]), compute([])];
    const error = Math.max(...expected.map((numbers, i) => differenceOf(own[i]!, numbers)));
    if (!(error <= TOLERANCE[dtype])) return `their results in ${dtype} differ by ${error.toExponential(1)}`;
  }
  return undefined;
}

/** In parts of the largest number that was expected, or of 1 where all are smaller; NaN where a number is none. */
function differenceOf(numbers: Float64Array, expected: Float64Array): number {
  let [largest, difference] = [1, 0];
  for (const [i, wanted] of expected.entries()) {
    largest = Math.max(largest, Math.abs(wanted));
    difference = Math.max(difference, Math.abs(numbers[i]! - wanted));
  }
  return difference / largest;
}
