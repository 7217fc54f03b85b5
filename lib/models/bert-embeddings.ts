import { Dropout } from "../nn/dropout.js";
import { Embedding } from "../nn/embedding.js";
import { LayerNorm } from "../nn/layer-norm.js";
import { Module } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import type { BertInput } from "./bert-input.js";

/** Token, position and segment embeddings, summed and normalised (paper, figure 2). */
export class BertEmbeddings extends Module {
  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly token_type_embeddings: Embedding;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(config: BertConfig) {
    super();
    const { hidden_size: hidden, initializer_range: std } = config;
    this.word_embeddings = new Embedding(config.vocab_size, hidden, std);
    this.position_embeddings = new Embedding(config.max_position_embeddings, hidden, std);
    this.token_type_embeddings = new Embedding(config.type_vocab_size, hidden, std);
    this.LayerNorm = new LayerNorm(hidden, config.layer_norm_eps);
    this.dropout = new Dropout(config.hidden_dropout_prob);
  }

  /** → [T, H] */
  forward(input: BertInput): Tensor {
    const sum = this.word_embeddings
      .forward(input.inputIds)
      .add(this.position_embeddings.forward(input.positionIds))
      .add(this.token_type_embeddings.forward(input.tokenTypeIds));
    return this.dropout.forward(this.LayerNorm.forward(sum), input.rowIds);
  }
}
