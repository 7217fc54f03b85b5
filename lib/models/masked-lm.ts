import { Module } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import type { BertInput } from "./bert-input.js";
import { BertModel } from "./bert-model.js";
import { BertLMPredictionHead } from "./masked-word-head.js";

/** The one head, under the name that checkpoints give it. */
class BertOnlyMLMHead extends Module {
  readonly predictions: BertLMPredictionHead;

  constructor(config: BertConfig) {
    super();
    this.predictions = new BertLMPredictionHead(config);
  }
}

/** BERT with the masked-word head alone (paper, section 3.1, task 1); it has no pooler. */
export class BertForMaskedLM extends Module {
  readonly bert: BertModel<false>;
  readonly cls: BertOnlyMLMHead;

  /** @throws ERR_CHECKPOINT for a decoder with weights of its own, which this model does not have */
  constructor(config: BertConfig) {
    super();
    this.bert = new BertModel(config, { pooler: false });
    this.cls = new BertOnlyMLMHead(config);
  }

  /**
   * @param maskedPositions int32 [M]: the tokens of the packed batch whose words are predicted; only these pass
   *   through the head
   * @returns logits [M, V]
   */
  forward(input: BertInput, maskedPositions: Tensor): Tensor {
    const masked = this.bert.forward(input).lastHiddenState.indexSelect(0, maskedPositions); // [M, H]
    return this.cls.predictions.forward(masked, this.bert.embeddings.word_embeddings.weight);
  }
}
