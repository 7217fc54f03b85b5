import { Linear } from "../../nn/linear.js";
import { Module } from "../../nn/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Activation } from "../activation.js";
import type { Encoder, EncoderOutputs } from "../encoder.js";
import type { EncoderConfig } from "../encoder-config.js";
import type { EncoderInput } from "../encoder-input.js";
import { hiddenStatesAt } from "../output-tokens.js";
import { MaskedWordHead } from "./masked-word-head.js";
import { Pooler, type PoolerStyle } from "./pooler.js";

/** What `PretrainingHead` gives. */
export interface PretrainingLogits {
  /** Of the words that are predicted, [M, V]. */
  wordLogits: Tensor;
  /** Of each pair, [B, 2]: its second segment follows the first, or is random. */
  nextSentenceLogits: Tensor;
}

/** The heads of BERT's two pre-training tasks: masked words and next sentence (paper, section 3.1). */
export class PretrainingHead extends Module {
  /** Predicts the masked words. */
  readonly words: MaskedWordHead;
  /** What the next sentence is told by. */
  readonly pooler: Pooler;
  /** Two outputs for each sequence: the second segment follows the first, or is random. */
  readonly nextSentence: Linear;

  constructor(config: EncoderConfig, activation: Activation, style: PoolerStyle) {
    super();
    this.words = new MaskedWordHead(config, activation);
    this.pooler = new Pooler(config, style);
    this.nextSentence = new Linear(config.hiddenSize, 2, config.initializerRange);
  }

  /**
   * Logits of both tasks.
   *
   * @param positions int32 [M]: the tokens of the packed batch whose words are predicted
   */
  forward(
    encoded: EncoderOutputs,
    input: EncoderInput,
    positions: Tensor,
    encoder: Encoder,
  ): PretrainingLogits {
    return {
      wordLogits: this.words.forward(hiddenStatesAt(encoded, input, positions), encoder),
      nextSentenceLogits: this.nextSentence.forward(this.pooler.forward(encoded, input)),
    };
  }
}
