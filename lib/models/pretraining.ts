import { LibbertError } from "../errors.js";
import { zerosParameter } from "../nn/init.js";
import { LayerNorm } from "../nn/layer-norm.js";
import { Linear } from "../nn/linear.js";
import { Module, type Parameter } from "../nn/module.js";
import { native } from "../tensor/native.js";
import { Tensor } from "../tensor/tensor.js";
import { activate } from "./activation.js";
import type { BertConfig } from "./bert-config.js";
import type { BertInput } from "./bert-input.js";
import { BertModel } from "./bert-model.js";

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
class BertLMPredictionHead extends Module {
  readonly transform: BertPredictionHeadTransform;
  readonly bias: Parameter; // [V]

  constructor(config: BertConfig) {
    super();
    this.transform = new BertPredictionHeadTransform(config);
    this.bias = zerosParameter([config.vocab_size]);
  }

  /** hidden [M, H], wordEmbeddings [V, H] → logits [M, V] */
  forward(hidden: Tensor, wordEmbeddings: Parameter): Tensor {
    const transformed = this.transform.forward(hidden);
    return new Tensor(native.linear(transformed.handle, wordEmbeddings.handle, this.bias.handle));
  }
}

/** Both heads of pre-training, under the names that checkpoints give them. */
class BertPreTrainingHeads extends Module {
  readonly predictions: BertLMPredictionHead;
  readonly seq_relationship: Linear;

  constructor(config: BertConfig) {
    super();
    this.predictions = new BertLMPredictionHead(config);
    this.seq_relationship = new Linear(config.hidden_size, 2, config.initializer_range);
  }
}

/** BERT with the heads of its two pre-training tasks: masked words and next sentence (paper, section 3.1). */
export class BertForPreTraining extends Module {
  readonly bert: BertModel;
  readonly cls: BertPreTrainingHeads;

  /** @throws ERR_CHECKPOINT for a decoder with weights of its own, which this model does not have */
  constructor(config: BertConfig) {
    super();
    if (config.tie_word_embeddings === false) {
      throw new LibbertError("ERR_CHECKPOINT", "Expected true for tie_word_embeddings but received false");
    }
    this.bert = new BertModel(config);
    this.cls = new BertPreTrainingHeads(config);
  }

  /**
   * @param maskedPositions int32 [M]: the tokens of the packed batch whose words are predicted; only these pass
   *   through the masked-word head
   */
  forward(input: BertInput, maskedPositions: Tensor): { wordLogits: Tensor; nextSentenceLogits: Tensor } {
    const { lastHiddenState, pooled } = this.bert.forward(input);
    const masked = lastHiddenState.indexSelect(0, maskedPositions); // [M, H]
    return {
      wordLogits: this.cls.predictions.forward(masked, this.bert.embeddings.word_embeddings.weight), // [M, V]
      nextSentenceLogits: this.cls.seq_relationship.forward(pooled), // [B, 2]
    };
  }
}
