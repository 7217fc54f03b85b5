import { Dropout } from "../nn/dropout.js";
import { Linear } from "../nn/linear.js";
import { Module } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import type { BertInput } from "./bert-input.js";
import { BertModel } from "./bert-model.js";

/**
 * BERT that scores each choice of an item by one vector over the pooled `[CLS]` of the choice's own sequence (paper,
 * section 4.4).
 */
export class BertForMultipleChoice extends Module {
  readonly bert: BertModel;
  readonly dropout: Dropout;
  readonly classifier: Linear;

  constructor(config: BertConfig) {
    super();
    this.bert = new BertModel(config);
    this.dropout = new Dropout(config.classifier_dropout ?? config.hidden_dropout_prob);
    this.classifier = new Linear(config.hidden_size, 1, config.initializer_range);
  }

  /**
   * @param input B items, each of C sequences that follow each other
   * @param choices C
   * @returns logits [B, C]
   */
  forward(input: BertInput, choices: number): Tensor {
    const { pooled } = this.bert.forward(input); // [B C, H]
    const sequences = pooled.shape[0]!;
    const first = input.cuSeqlens.narrow(0, 0, sequences).to("int32", input.rowIds.device);
    const scores = this.classifier.forward(this.dropout.forward(pooled, input.rowIds.indexSelect(0, first)));
    return scores.reshape([sequences / choices, choices]);
  }
}
