import { LibbertError } from "../errors.js";
import { zerosParameter } from "../nn/init.js";
import { LayerNorm } from "../nn/layer-norm.js";
import { Linear } from "../nn/linear.js";
import { Module, type Parameter } from "../nn/module.js";
import { native } from "../tensor/native.js";
import { Tensor } from "../tensor/tensor.js";
import { activate } from "./activation.js";
import type { BertConfig } from "./bert-config.js";

/** What the masked-word head does to a token's vector before it is compared with every word. */
class BertPredictionHeadTransform extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly #activation: BertConfig["hidden_act"];

  constructor(config: BertConfig) {
    super();
    this.dense = new Linear(config.hidden_size, config.hidden_size, config.initializer_range);
    this.LayerNorm = new LayerNorm(config.hidden_size, config.layer_norm_eps);
    this.#activation = config.hidden_act;
  }

  /** hidden [M, H] → [M, H] */
  forward(hidden: Tensor): Tensor {
    return this.LayerNorm.forward(activate(this.dense.forward(hidden), this.#activation));
  }
}

/** The masked-word head. Its decoder is the table of word embeddings (paper, section 3.1), with a bias of its own. */
export class BertLMPredictionHead extends Module {
  readonly transform: BertPredictionHeadTransform;
  readonly bias: Parameter; // [V]

  /** @throws ERR_CHECKPOINT for a decoder with weights of its own, which this head does not have */
  constructor(config: BertConfig) {
    super();
    if (config.tie_word_embeddings === false) {
      throw new LibbertError("ERR_CHECKPOINT", "Expected true for tie_word_embeddings but received false");
    }
    this.transform = new BertPredictionHeadTransform(config);
    this.bias = zerosParameter([config.vocab_size]);
  }

  /** hidden [M, H], wordEmbeddings [V, H] → logits [M, V] */
  forward(hidden: Tensor, wordEmbeddings: Parameter): Tensor {
    const transformed = this.transform.forward(hidden);
    return new Tensor(native.linear(transformed.handle, wordEmbeddings.handle, this.bias.handle));
  }
}
