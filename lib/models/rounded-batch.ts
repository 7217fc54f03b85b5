import { cat, tensor, zeros } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";
import type { EncoderInput } from "./encoder-input.js";

/** The smallest step to which a batch is rounded, and the share of its tokens that a larger step is at most. */
const SMALLEST_STEP = 32;
const LARGEST_SHARE = 1 / 32;

/**
 * A batch with a sequence of zeros at its end where its length is not round. Random lengths almost never repeat: rounded
 * ones do, so that compiled kernels and freed memory serve again. At most 1 token in 32 is added (of more than 1,024).
 *
 * @returns what the layers take: where sequences end, and their rows' names. What comes after the first T rows means
 *   nothing
 */
export function roundedInput(input: EncoderInput): EncoderInput {
  const tokens = input.rowIds.size;
  const added = roundedUp(tokens) - tokens;
  if (added === 0) return input;
  const { device } = input.rowIds;
  return {
    ...input,
    cuSeqlens: cat([input.cuSeqlens, tensor(Int32Array.of(tokens + added))]),
    maxSeqlen: Math.max(input.maxSeqlen, added),
    rowIds: cat([input.rowIds, zeros([added], { dtype: "int64", device })]),
  };
}

/** hidden [T, H] with rows of zeros at its end → [rows, H] */
export function withRows(hidden: Tensor, rows: number): Tensor {
  const [tokens, size] = hidden.shape as [number, number];
  if (tokens === rows) return hidden;
  const { dtype, device } = hidden;
  return cat([hidden, zeros([rows - tokens, size], { dtype, device })]);
}

/** The next multiple of the step for so many tokens. */
export function roundedUp(tokens: number): number {
  let step = SMALLEST_STEP;
  while (2 * step <= tokens * LARGEST_SHARE) step *= 2;
  return Math.ceil(tokens / step) * step;
}
