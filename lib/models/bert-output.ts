import { LayerNorm } from "../nn/layer-norm.js";
import { Linear } from "../nn/linear.js";
import { Module } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import type { BertInput } from "./bert-input.js";

/** The end of each half of a layer: `LayerNorm(residual + dropout(dense(x)))`. */
export class BertOutput extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly #dropout: number;

  constructor(inFeatures: number, config: BertConfig) {
    super();
    this.dense = new Linear(inFeatures, config.hidden_size, config.initializer_range);
    this.LayerNorm = new LayerNorm(config.hidden_size, config.layer_norm_eps);
    this.#dropout = config.hidden_dropout_prob;
  }

  /** x [T, inFeatures], residual [T, H] → [T, H] */
  forward(x: Tensor, residual: Tensor, input: BertInput): Tensor {
    return this.LayerNorm.addDropout(this.dense.forward(x), residual, this.#dropout, input.rowIds);
  }
}
