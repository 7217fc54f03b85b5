import { checkpoint } from "../../nn/gradient-checkpointing.js";
import { Linear, type WithResidual } from "../../nn/linear.js";
import { Module } from "../../nn/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type Activation, activateLinearWithResidual } from "../activation.js";
import type { EncoderConfig } from "../encoder-config.js";
import type { EncoderInput } from "../encoder-input.js";
import { rowsAt } from "../output-tokens.js";
import { BertAttention } from "./attention.js";
import { BertOutput } from "./residual-output.js";

/** The widening half of the feed-forward network. */
export class BertIntermediate extends Module {
  readonly dense: Linear;
  readonly #activation: Activation;

  constructor(config: EncoderConfig) {
    super();
    this.dense = new Linear(config.hiddenSize, config.intermediateSize, config.initializerRange);
    this.#activation = config.activation;
  }

  /** hidden [T, H] → [T, I], and hidden for the connection around the feed-forward network */
  forward(hidden: Tensor): WithResidual {
    return activateLinearWithResidual(hidden, this.dense, this.#activation);
  }
}

/** One Transformer layer: attention, then the feed-forward network, each inside a residual connection. */
export class BertLayer extends Module {
  readonly attention: BertAttention;
  readonly intermediate: BertIntermediate;
  readonly output: BertOutput;

  constructor(config: EncoderConfig) {
    super();
    this.attention = new BertAttention(config);
    this.intermediate = new BertIntermediate(config);
    this.output = new BertOutput(config.intermediateSize, config.hiddenDropout, config);
  }

  /** hidden [T, H] → [T, H]; [R, H] where it is given the tokens to compute */
  forward(hidden: Tensor, input: EncoderInput, tokens?: Tensor): Tensor {
    const rowIds = rowsAt(input.rowIds, tokens);
    const attended = this.attention.forward(hidden, input, tokens);
    const { output: widened, residual } = this.intermediate.forward(attended);
    return this.output.forward(widened, residual, rowIds);
  }
}

/** The stack of layers. */
export class BertEncoder extends Module {
  readonly layer: BertLayer[];

  constructor(config: EncoderConfig) {
    super();
    this.layer = Array.from({ length: config.numHiddenLayers }, () => new BertLayer(config));
  }

  /** hidden [T, H] → the output of every layer, each [T, H]; of the last, [R, H] where the input has `outputTokens` */
  forward(hidden: Tensor, input: EncoderInput): Tensor[] {
    const outputs: Tensor[] = [];
    for (const layer of this.layer) {
      const tokens = layer === this.layer.at(-1) ? input.outputTokens : undefined;
      // A layer's intermediate tensors go at once; those that backward needs stay in its graph, or are made again.
      outputs.push(checkpoint(layer, (x) => layer.forward(x, input, tokens), outputs.at(-1) ?? hidden));
    }
    return outputs;
  }
}
