import type { Module, Parameter } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { EncoderConfig } from "./encoder-config.js";
import type { EncoderInput } from "./encoder-input.js";

/** What an encoder gives for a packed batch of T tokens. */
export interface EncoderOutputs {
  /** The embeddings' output and every layer's, first to last, each [T, H]. */
  hiddenStates: Tensor[];
  /** The last of them. */
  lastHiddenState: Tensor; // [T, H]
}

/** The part of a model below its head: token ids in, one vector for each token out. */
export interface Encoder extends Module {
  readonly config: EncoderConfig;
  /** The table of word embeddings, with which masked-word heads decode. */
  readonly wordEmbeddings: Parameter; // [V, H]
  forward(input: EncoderInput): EncoderOutputs;
  /**
   * From now on the encoder is for prediction alone, and faster: it gives up its parameters' names and shapes, and with them
   * training and saving.
   */
  packForPrediction(): void;
  /** How deep a parameter lies, by its name in the encoder: 0 for the embeddings, k for layer k (from 1). */
  depthOf(name: string): number;
}
