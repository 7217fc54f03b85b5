import { Dropout } from "../../nn/dropout.js";
import { Module } from "../../nn/module.js";
import { OutputLinear } from "../../nn/output-linear.js";
import { cat } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { EncoderOutputs } from "../encoder.js";
import type { EncoderConfig } from "../encoder-config.js";
import type { EncoderInput } from "../encoder-input.js";
import type { TokenFeatures } from "./token-features.js";

/** One linear layer over every token (paper, figure 4 d). */
export class TokenHead extends Module {
  /** Before the output layer. */
  readonly dropout: Dropout;
  /** One output for each label. */
  readonly classifier: OutputLinear;
  readonly #layers: number;

  /**
   * @param features anything but "last-hidden" makes the classifier wider than transformers' class for tokens has it
   */
  constructor(config: EncoderConfig, numLabels: number, features: TokenFeatures = "last-hidden") {
    super();
    this.#layers = features === "last-hidden" ? 1 : 4;
    this.dropout = new Dropout(config.headDropout.token);
    this.classifier = new OutputLinear(this.#layers * config.hiddenSize, numLabels, config.initializerRange);
  }

  /**
   * → logits [N, numLabels]
   *
   * @param positions int32 [N]: the tokens of the packed batch to classify. Default: all T in turn
   */
  forward(encoded: EncoderOutputs, input: EncoderInput, positions?: Tensor): Tensor {
    const features = this.features(encoded);
    if (!positions) return this.classifier.forward(this.dropout.forward(features, input.rowIds));
    const chosen = features.indexSelect(0, positions);
    return this.classifier.forward(this.dropout.forward(chosen, input.rowIds.indexSelect(0, positions)));
  }

  /** What the classifier sees of each token: → [T, H] or [T, 4 H] */
  features({ hiddenStates, lastHiddenState }: EncoderOutputs): Tensor {
    return this.#layers === 1 ? lastHiddenState : cat(hiddenStates.slice(-this.#layers).reverse(), 1);
  }
}
