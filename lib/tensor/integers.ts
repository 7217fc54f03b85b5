import { expected } from "../errors.js";
import type { DType } from "./dtype.js";

/** The first whole number of each dtype of integers, and the first above them. LibTorch wraps others around without a word. */
const RANGES: Partial<Record<DType, readonly [number, number]>> = {
  uint8: [0, 2 ** 8],
  int32: [-(2 ** 31), 2 ** 31],
  int64: [-(2 ** 63), 2 ** 63],
};

/** Whether a dtype is of integers; bool is not. */
export function holdsIntegers(dtype: DType): boolean {
  return RANGES[dtype] !== undefined;
}

/**
 * @param stored the dtype that the values have already, if they have one: one that is no wider needs no look at them
 * @throws ERR_OPTION for the first value that a dtype of integers does not hold as it is
 */
export function checkIntegers(values: ArrayLike<number | bigint>, dtype: DType, stored?: DType): void {
  const range = RANGES[dtype];
  const own = stored && RANGES[stored];
  if (range === undefined || (own && own[0] >= range[0] && own[1] <= range[1])) return;
  for (let index = 0; index < values.length; index++)
    if (!isWithin(values[index]!, range))
      throw expected(`whole numbers that ${dtype} holds`, "the values of a tensor", values[index]);
}

/** The same of the value that a tensor is filled with. */
export function checkFilling(value: number, dtype: DType): void {
  const range = RANGES[dtype];
  if (range !== undefined && !isWithin(value, range))
    throw expected(`a whole number that ${dtype} holds`, "value", value);
}

function isWithin(value: number | bigint, range: readonly [number, number]): boolean {
  return (typeof value === "bigint" || Number.isInteger(value)) && value >= range[0] && value < range[1];
}

/**
 * What is compared with integers, or takes their place, has to be one of them: PyTorch's rule. Fractions make floats of both.
 *
 * @throws ERR_OPTION for a whole number that the dtype does not hold
 */
export function checkHeld(value: unknown, dtype: DType, name: string): void {
  const range = RANGES[dtype];
  if (range === undefined || !Number.isSafeInteger(value)) return; // larger numbers are floats
  if (Number(value) < range[0] || Number(value) >= range[1])
    throw expected(`a number from ${range[0]} to ${range[1] - 1}, which ${dtype} holds,`, name, value);
}
