import { Dropout } from "../../nn/dropout.js";
import { Linear } from "../../nn/linear.js";
import { Module } from "../../nn/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import { activateLinear } from "../activation.js";
import type { EncoderOutputs } from "../encoder.js";
import type { EncoderConfig } from "../encoder-config.js";
import type { EncoderInput } from "../encoder-input.js";
import { firstHiddenStates, firstRowIds } from "../output-tokens.js";

/** How a family makes one vector of a sequence. */
export interface PoolerStyle {
  /** After the layer. */
  activation: "tanh" | "relu" | "gelu";
  /** Whether there is dropout before the layer, too. */
  dropsInput: boolean;
}

/** Makes one vector of a sequence from its first token: `[CLS]`, or `<s>`. */
export class Pooler extends Module {
  /** [B, H] → [B, H], before the activation. */
  readonly dense: Linear;
  /** Before the layer; null where there is none. */
  readonly dropout: Dropout | null;
  readonly #activation: PoolerStyle["activation"];

  constructor({ hiddenSize, initializerRange, headDropout }: EncoderConfig, style: PoolerStyle) {
    super();
    this.dense = new Linear(hiddenSize, hiddenSize, initializerRange);
    this.dropout = style.dropsInput ? new Dropout(headDropout.sequence) : null;
    this.#activation = style.activation;
  }

  /** → [B, H] */
  forward(encoded: EncoderOutputs, input: EncoderInput): Tensor {
    const vectors = firstHiddenStates(encoded, input);
    const kept = this.dropout ? this.dropout.forward(vectors, firstRowIds(input)) : vectors;
    return activateLinear(kept, this.dense, this.#activation);
  }
}
