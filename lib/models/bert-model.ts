import { checkpoint } from "../nn/gradient-checkpointing.js";
import { Linear } from "../nn/linear.js";
import { Module } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import { BertEmbeddings } from "./bert-embeddings.js";
import { BertEncoder } from "./bert-encoder.js";
import type { BertInput } from "./bert-input.js";

/** Makes one vector of a sequence from its first token, `[CLS]`. */
export class BertPooler extends Module {
  readonly dense: Linear;

  constructor(config: BertConfig) {
    super();
    this.dense = new Linear(config.hidden_size, config.hidden_size, config.initializer_range);
  }

  /** hidden [T, H] → [B, H] */
  forward(hidden: Tensor, input: BertInput): Tensor {
    const sequences = input.cuSeqlens.size - 1;
    const first = input.cuSeqlens.narrow(0, 0, sequences).to("int32", hidden.device);
    return this.dense.forward(hidden.indexSelect(0, first)).tanh();
  }
}

/** What the encoder gives for a packed batch. */
export interface BertOutputs {
  /** The embeddings' output and every layer's, first to last, each [T, H]. */
  hiddenStates: Tensor[];
  /** The last of them. */
  lastHiddenState: Tensor; // [T, H]
  pooled: Tensor; // [B, H]
}

/** The encoder of the paper: embeddings, layers, pooler. */
export class BertModel extends Module {
  readonly embeddings: BertEmbeddings;
  readonly encoder: BertEncoder;
  readonly pooler: BertPooler;

  constructor(readonly config: BertConfig) {
    super();
    this.embeddings = new BertEmbeddings(config);
    this.encoder = new BertEncoder(config);
    this.pooler = new BertPooler(config);
  }

  forward(input: BertInput): BertOutputs {
    const embedded = checkpoint(() => this.embeddings.forward(input));
    const hiddenStates = [embedded, ...this.encoder.forward(embedded, input)];
    const lastHiddenState = hiddenStates.at(-1)!;
    return { hiddenStates, lastHiddenState, pooled: this.pooler.forward(lastHiddenState, input) };
  }
}
