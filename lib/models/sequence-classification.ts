import { Dropout } from "../nn/dropout.js";
import { Linear } from "../nn/linear.js";
import { Module } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import type { BertInput } from "./bert-input.js";
import { BertModel } from "./bert-model.js";

/** BERT with one linear layer over the pooled `[CLS]` (paper, figure 4 a and b). */
export class BertForSequenceClassification extends Module {
  readonly bert: BertModel;
  readonly dropout: Dropout;
  readonly classifier: Linear;

  constructor(config: BertConfig, numLabels: number) {
    super();
    this.bert = new BertModel(config);
    this.dropout = new Dropout(config.classifier_dropout ?? config.hidden_dropout_prob);
    this.classifier = new Linear(config.hidden_size, numLabels, config.initializer_range);
  }

  /** → logits [B, numLabels] */
  forward(input: BertInput): Tensor {
    const { pooled } = this.bert.forward(input);
    const first = input.cuSeqlens.narrow(0, 0, pooled.shape[0]!).to("int32", input.rowIds.device);
    return this.classifier.forward(this.dropout.forward(pooled, input.rowIds.indexSelect(0, first)));
  }
}
