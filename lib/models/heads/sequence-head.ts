import { Dropout } from "../../nn/dropout.js";
import { Module } from "../../nn/module.js";
import { OutputLinear } from "../../nn/output-linear.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { EncoderOutputs } from "../encoder.js";
import type { EncoderConfig } from "../encoder-config.js";
import { type EncoderInput, firstTokens } from "../encoder-input.js";
import { firstRowIds } from "../output-tokens.js";
import { Pooler, type PoolerStyle } from "./pooler.js";

/**
 * One linear layer over the pooled first token of each sequence (paper, figure 4 a and b): labels, a score, or what one of
 * several choices is worth.
 */
export class SequenceHead extends Module {
  /** What the sequence is told by, [B, H]. */
  readonly pooler: Pooler;
  /** Before the output layer. */
  readonly dropout: Dropout;
  /** [B, H] → [B, outputs]. */
  readonly classifier: OutputLinear;

  constructor(config: EncoderConfig, style: PoolerStyle, outputs: number) {
    super();
    this.pooler = new Pooler(config, style);
    this.dropout = new Dropout(config.headDropout.sequence);
    this.classifier = new OutputLinear(config.hiddenSize, outputs, config.initializerRange);
  }

  /** The first of each sequence: int32 [B]. */
  outputTokens(input: EncoderInput): Tensor {
    return firstTokens(input);
  }

  /** → logits [B, outputs] */
  forward(encoded: EncoderOutputs, input: EncoderInput): Tensor {
    const pooled = this.pooler.forward(encoded, input);
    return this.classifier.forward(this.dropout.forward(pooled, firstRowIds(input)));
  }
}
