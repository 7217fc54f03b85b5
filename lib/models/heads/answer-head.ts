import { Dropout } from "../../nn/dropout.js";
import { crossEntropy } from "../../nn/functional.js";
import { Module } from "../../nn/module.js";
import { OutputLinear } from "../../nn/output-linear.js";
import { arange, cat, full, stack, where } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { EncoderOutputs } from "../encoder.js";
import type { EncoderConfig } from "../encoder-config.js";
import type { EncoderInput } from "../encoder-input.js";

/** A vector for the start of an answer and one for its end (paper, figure 4 c). */
export class AnswerHead extends Module {
  /** Before the output layer. */
  readonly dropout: Dropout;
  /** Two outputs for each token: start and end. Its name is that of transformers' checkpoints. */
  readonly qa_outputs: OutputLinear;

  constructor(config: EncoderConfig) {
    super();
    this.dropout = new Dropout(config.headDropout.answer);
    this.qa_outputs = new OutputLinear(config.hiddenSize, 2, config.initializerRange);
  }

  /** → logits [T, 2] of each token as the answer's start and as its end */
  forward({ lastHiddenState }: EncoderOutputs, input: EncoderInput): Tensor {
    return this.qa_outputs.forward(this.dropout.forward(lastHiddenState, input.rowIds));
  }
}

/** The token of each sequence that is right, as its position within the sequence. */
export interface SpanPositions {
  /** int32 [B]: the token of each sequence, from 0, with which its answer begins. */
  start: Tensor;
  /** int32 [B]: the token with which it ends. */
  end: Tensor;
}

/**
 * Cross entropy of the right start among the tokens of its sequence, plus that of the right end, summed over the
 * sequences of a packed batch.
 *
 * transformers' loss is half of this, divided by B. In a padded batch it also counts the padding among the tokens that
 * could have been right, which makes it depend on a sequence's neighbours; here, as everywhere, there is none.
 *
 * @param logits [T, 2]
 */
export function spanLossSum(logits: Tensor, input: EncoderInput, { start, end }: SpanPositions): Tensor {
  const { device, dtype } = logits;
  const impossible = full([1, 2], -Infinity, { dtype, device });
  const places = placesOf(input, logits.shape[0]!);
  const sequences = start.size;
  const padded = cat([logits, impossible])
    .indexSelect(0, places.flatten())
    .reshape([sequences, input.maxSeqlen, 2])
    .transpose(1, 2)
    .reshape([2 * sequences, input.maxSeqlen]);
  return crossEntropy(padded, stack([start, end], 1).flatten().to("int64"), "sum");
}

/** Where each sequence's tokens are: [B, maxSeqlen], `none` beyond its end. */
function placesOf({ cuSeqlens, maxSeqlen, rowIds }: EncoderInput, none: number): Tensor {
  const bounds = cuSeqlens.to("int64", rowIds.device).unsqueeze(1); // [B + 1, 1]
  const sequences = cuSeqlens.size - 1;
  const places = bounds.narrow(0, 0, sequences).add(arange(0, maxSeqlen, { device: rowIds.device }));
  return where(places.lt(bounds.narrow(0, 1, sequences)), places, none);
}
