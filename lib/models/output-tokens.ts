import type { Tensor } from "../tensor/tensor.js";
import type { EncoderOutputs } from "./encoder.js";
import { type EncoderInput, firstTokens } from "./encoder-input.js";

/**
 * The last hidden states of each sequence's first token: [B, H]. An encoder that was asked for some tokens alone was asked for
 * these before all others.
 */
export function firstHiddenStates({ lastHiddenState }: EncoderOutputs, input: EncoderInput): Tensor {
  if (input.outputTokens) return lastHiddenState.narrow(0, 0, sequencesOf(input));
  return lastHiddenState.indexSelect(0, firstTokens(input));
}

/** The name of each sequence's first token for dropout masks: int64 [B]. */
export function firstRowIds(input: EncoderInput): Tensor {
  const first = input.outputTokens?.narrow(0, 0, sequencesOf(input)) ?? firstTokens(input);
  return input.rowIds.indexSelect(0, first);
}

/**
 * The last hidden states of some tokens: [M, H]. An encoder that was asked for some tokens alone was asked for these after all
 * others.
 *
 * @param positions int32 [M]
 */
export function hiddenStatesAt(
  { lastHiddenState }: EncoderOutputs,
  { outputTokens }: EncoderInput,
  positions: Tensor,
): Tensor {
  if (outputTokens) return lastHiddenState.narrow(0, outputTokens.size - positions.size, positions.size);
  return lastHiddenState.indexSelect(0, positions);
}

/** Some rows of a tensor. @param places int32 [R]. Default: all rows */
export function rowsAt(rows: Tensor, places: Tensor | undefined): Tensor {
  return places ? rows.indexSelect(0, places) : rows;
}

function sequencesOf({ cuSeqlens }: EncoderInput): number {
  return cuSeqlens.size - 1;
}
