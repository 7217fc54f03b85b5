import { LayerNorm } from "../../nn/layer-norm.js";
import { Linear } from "../../nn/linear.js";
import { Module } from "../../nn/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { EncoderConfig } from "../encoder-config.js";

/** The end of each half of a layer: `LayerNorm(residual + dropout(dense(x)))`. */
export class BertOutput extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly #dropout: number;

  constructor(inFeatures: number, dropout: number, config: EncoderConfig) {
    super();
    this.dense = new Linear(inFeatures, config.hiddenSize, config.initializerRange);
    this.LayerNorm = new LayerNorm(config.hiddenSize, config.layerNormEps);
    this.#dropout = dropout;
  }

  /** x [T, inFeatures], residual [T, H], rowIds int64 [T] → [T, H] */
  forward(x: Tensor, residual: Tensor, rowIds: Tensor): Tensor {
    return this.LayerNorm.addDropout(this.dense.forward(x), residual, this.#dropout, rowIds);
  }
}
