import { Dropout } from "../../nn/dropout.js";
import { crossEntropy } from "../../nn/functional.js";
import { Module } from "../../nn/module.js";
import { OutputLinear } from "../../nn/output-linear.js";
import { cat, full, tensor } from "../../tensor/create.js";
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
  /** The token of each sequence, from 0, with which its answer begins: [B]. */
  start: ArrayLike<number>;
  /** The token with which it ends: [B]. */
  end: ArrayLike<number>;
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
export function spanLossSum(
  logits: Tensor,
  { cuSeqlens, maxSeqlen }: EncoderInput,
  positions: SpanPositions,
): Tensor {
  const starts = cuSeqlens.toArray();
  const sequences = starts.length - 1;
  const tokens = starts[sequences]!;
  // A row a sequence, as long as the longest; what lies beyond a sequence's end is the row after the last token.
  const rows = new Int32Array(sequences * maxSeqlen).fill(tokens);
  const targets = new Int32Array(2 * sequences);
  for (let sequence = 0; sequence < sequences; sequence++) {
    const length = starts[sequence + 1]! - starts[sequence]!;
    for (let position = 0; position < length; position++)
      rows[sequence * maxSeqlen + position] = starts[sequence]! + position;
    targets[2 * sequence] = positions.start[sequence]!;
    targets[2 * sequence + 1] = positions.end[sequence]!;
  }
  const { device, dtype } = logits;
  const impossible = full([1, 2], -Infinity, { dtype, device });
  const padded = cat([logits, impossible])
    .indexSelect(0, tensor(rows, { device }))
    .reshape([sequences, maxSeqlen, 2])
    .transpose(1, 2)
    .reshape([2 * sequences, maxSeqlen]);
  return crossEntropy(padded, tensor(targets, { dtype: "int64", device }), "sum");
}
