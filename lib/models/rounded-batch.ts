import { cat, tensor, zeros } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";
import type { EncoderInput } from "./encoder-input.js";

/** The smallest step to which a batch is rounded, and the share of its tokens that a larger step is at most. */
const SMALLEST_STEP = 32;
const LARGEST_SHARE = 1 / 32;

/**
 * A batch with sequences of zeros at its end where its length is not round. Random lengths almost never repeat: rounded
 * ones do, so that compiled kernels and freed memory serve again. At most 1 token in 32 is added (of more than 1,024), in
 * sequences no longer than the batch's own, as attention may take memory by the square of the longest.
 *
 * @returns what the layers take: where sequences end, their rows' names, and the tokens that are wanted. What comes after the
 *   first T rows, or R of the tokens that are wanted, means nothing
 */
export function roundedInput(input: EncoderInput): EncoderInput {
  const { cuSeqlens, rowIds, outputTokens, maxSeqlen } = input;
  const tokens = rowIds.size;
  const added = roundedUp(tokens) - tokens;
  const rounded = added > 0 && {
    cuSeqlens: cat([cuSeqlens, tensor(endsOfRows(tokens, added, maxSeqlen))]),
    rowIds: withZeros(rowIds, tokens + added),
  };
  // The first token stands in for those that are added.
  const asked = outputTokens && { outputTokens: withZeros(outputTokens, roundedUp(outputTokens.size)) };
  return rounded || asked ? { ...input, ...rounded, ...asked } : input;
}

function withZeros(numbers: Tensor, size: number): Tensor {
  const { dtype, device } = numbers;
  return numbers.size === size ? numbers : cat([numbers, zeros([size - numbers.size], { dtype, device })]);
}

/** Where sequences of at most `longest` rows end that `added` rows behind `tokens` others are cut into. */
function endsOfRows(tokens: number, added: number, longest: number): Int32Array {
  const sequences = Math.ceil(added / longest);
  return Int32Array.from(
    { length: sequences },
    (_, index) => tokens + Math.min(added, (index + 1) * longest),
  );
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
