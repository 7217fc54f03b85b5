import { crossEntropy } from "../nn/functional.js";
import { Linear } from "../nn/linear.js";
import { Module } from "../nn/module.js";
import { cat, full, tensor } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import type { BertInput } from "./bert-input.js";
import { BertModel } from "./bert-model.js";

/** BERT with a vector for the start of an answer and one for its end (paper, figure 4 c), without a pooler. */
export class BertForQuestionAnswering extends Module {
  readonly bert: BertModel<false>;
  readonly qa_outputs: Linear;

  constructor(config: BertConfig) {
    super();
    this.bert = new BertModel(config, { pooler: false });
    this.qa_outputs = new Linear(config.hidden_size, 2, config.initializer_range);
  }

  /** → logits [T, 2] of each token as the answer's start and as its end */
  forward(input: BertInput): Tensor {
    return this.qa_outputs.forward(this.bert.forward(input).lastHiddenState);
  }
}

/** The token of each sequence that is right, as its place within the sequence. */
export interface SpanPlaces {
  start: ArrayLike<number>; // [B]
  end: ArrayLike<number>; // [B]
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
export function spanLossSum(logits: Tensor, { cuSeqlens, maxSeqlen }: BertInput, places: SpanPlaces): Tensor {
  const starts = cuSeqlens.toArray();
  const sequences = starts.length - 1;
  const tokens = starts[sequences]!;
  // A row a sequence, as long as the longest; what lies beyond a sequence's end is the row after the last token.
  const rows = new Int32Array(sequences * maxSeqlen).fill(tokens);
  const targets = new Int32Array(2 * sequences);
  for (let sequence = 0; sequence < sequences; sequence++) {
    const length = starts[sequence + 1]! - starts[sequence]!;
    for (let place = 0; place < length; place++)
      rows[sequence * maxSeqlen + place] = starts[sequence]! + place;
    targets[2 * sequence] = places.start[sequence]!;
    targets[2 * sequence + 1] = places.end[sequence]!;
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
