import { LibbertError } from "../../errors.js";
import { zerosParameter } from "../../nn/init.js";
import { LayerNorm } from "../../nn/layer-norm.js";
import { Linear } from "../../nn/linear.js";
import { Module, type Parameter } from "../../nn/module.js";
import { native } from "../../tensor/native.js";
import { Tensor } from "../../tensor/tensor.js";
import { type Activation, activateLinear } from "../activation.js";
import type { Encoder } from "../encoder.js";
import { type EncoderConfig, embeddingWidth } from "../encoder-config.js";

/**
 * The masked-word head. Its decoder is the table of word embeddings (paper, section 3.1), with a bias of its own; a few checkpoints have a
 * decoder with weights of its own, too.
 */
export class MaskedWordHead extends Module {
  /** [M, H] → [M, E], before the activation. */
  readonly dense: Linear;
  /** After the activation. */
  readonly LayerNorm: LayerNorm;
  /** [V]; null beside a decoder of its own, which has one. */
  readonly bias: Parameter | null;
  /** To the words; null where the word embeddings decode. */
  readonly decoder: Linear | null;
  readonly #activation: Activation;

  /**
   * @param activation between the layer and its normalisation
   * @param hasOwnDecoder Default: false
   * @throws ERR_CHECKPOINT where the configuration says that it has one and the caller does not
   */
  constructor(config: EncoderConfig, activation: Activation, hasOwnDecoder = false) {
    super();
    if (!config.tiesWordEmbeddings && !hasOwnDecoder)
      throw new LibbertError("ERR_CHECKPOINT", "Expected true for tie_word_embeddings but received false");
    const { hiddenSize, vocabSize, initializerRange } = config;
    const width = embeddingWidth(config);
    this.dense = new Linear(hiddenSize, width, initializerRange);
    this.LayerNorm = new LayerNorm(width, config.layerNormEps);
    this.bias = hasOwnDecoder ? null : zerosParameter([vocabSize]);
    this.decoder = hasOwnDecoder ? new Linear(width, vocabSize, initializerRange) : null;
    this.#activation = activation;
  }

  /**
   * @param hidden [M, H]: the last hidden states of the tokens whose words are predicted
   * @returns logits [M, V]
   */
  forward(hidden: Tensor, { wordEmbeddings }: Encoder): Tensor {
    const transformed = this.LayerNorm.forward(activateLinear(hidden, this.dense, this.#activation));
    if (this.decoder) return this.decoder.forward(transformed);
    return new Tensor(native.linear(transformed.handle, wordEmbeddings.handle, this.bias!.handle));
  }
}
