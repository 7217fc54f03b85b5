import type { Tensor } from "../tensor/tensor.js";
import type { EncoderOutputs } from "./encoder.js";
import { type EncoderInput, firstTokens } from "./encoder-input.js";

/**
 * The last hidden states of each sequence's first token: [B, H]. Where the input has `outputTokens`, these have to be the first of
 * them.
 */
export function firstHiddenStates({ lastHiddenState }: EncoderOutputs, input: EncoderInput): Tensor {
  if (input.outputTokens) return lastHiddenState.narrow(0, 0, sequencesOf(input));
  return lastHiddenState.indexSelect(0, firstTokens(input));
}

/** What names each sequence's first token for dropout: int64 [B], as `Dropout.forward()` takes them with `firstHiddenStates()`. */
export function firstRowIds(input: EncoderInput): Tensor {
  const first = input.outputTokens?.narrow(0, 0, sequencesOf(input)) ?? firstTokens(input);
  return input.rowIds.indexSelect(0, first);
}

/**
 * The last hidden states of some tokens: [M, H]. Where the input has `outputTokens`, these have to be the last of them.
 *
 * @param positions int32 [M]: their places in the batch
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
