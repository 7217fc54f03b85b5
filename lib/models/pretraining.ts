import { Linear } from "../nn/linear.js";
import { Module } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import type { BertInput } from "./bert-input.js";
import { BertModel } from "./bert-model.js";
import { BertLMPredictionHead } from "./masked-word-head.js";

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
