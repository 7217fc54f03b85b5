import { Dropout } from "../nn/dropout.js";
import { Linear } from "../nn/linear.js";
import { Module } from "../nn/module.js";
import { cat } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";
import type { BertConfig } from "./bert-config.js";
import type { BertInput } from "./bert-input.js";
import { BertModel } from "./bert-model.js";
import type { TokenFeatures } from "./token-features.js";

/** BERT with one linear layer over every token (paper, figure 4 d). */
export class BertForTokenClassification extends Module {
  readonly bert: BertModel<false>;
  readonly dropout: Dropout;
  readonly classifier: Linear;
  readonly #layers: number;

  /**
   * @param features anything but "last-hidden" makes the classifier wider than transformers' class of the same name
   * has it
   */
  constructor(config: BertConfig, numLabels: number, features: TokenFeatures = "last-hidden") {
    super();
    this.#layers = features === "last-hidden" ? 1 : 4;
    this.bert = new BertModel(config, { pooler: false });
    this.dropout = new Dropout(config.classifier_dropout ?? config.hidden_dropout_prob);
    this.classifier = new Linear(this.#layers * config.hidden_size, numLabels, config.initializer_range);
  }

  /**
   * → logits [N, numLabels]
   *
   * @param positions int32 [N]: the tokens of the packed batch to classify. Default: all T in turn
   */
  forward(input: BertInput, positions?: Tensor): Tensor {
    const features = this.features(input);
    if (!positions) return this.classifier.forward(this.dropout.forward(features, input.rowIds));
    const chosen = features.indexSelect(0, positions);
    return this.classifier.forward(this.dropout.forward(chosen, input.rowIds.indexSelect(0, positions)));
  }

  /** What the classifier sees of each token: → [T, H] or [T, 4 H] */
  features(input: BertInput): Tensor {
    const { hiddenStates, lastHiddenState } = this.bert.forward(input);
    return this.#layers === 1 ? lastHiddenState : cat(hiddenStates.slice(-this.#layers).reverse(), 1);
  }
}
