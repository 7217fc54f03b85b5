import type { Module, Parameter } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";
import type { EncoderConfig } from "./encoder-config.js";
import type { EncoderInput } from "./encoder-input.js";
import type { PackedBatch } from "./packing.js";

/** What an encoder gives for a packed batch of T tokens. */
export interface EncoderOutputs {
  /** The embeddings' output and every layer's, first to last, each [T, H]; the last is `lastHiddenState`. */
  hiddenStates: Tensor[];
  /** [T, H]; [R, H] where the input has `outputTokens`. */
  lastHiddenState: Tensor;
}

/** How an encoder is packed for prediction. */
export interface Packing {
  /**
   * Whether linear layers multiply integers of 8 bits, and word embeddings are such integers: a quarter of the memory, exact to
   * about two digits. Default: false
   */
  int8?: boolean;
  /** Whether a head needs `wordEmbeddings`, which then stay as they are. Default: false */
  keepsWordEmbeddings?: boolean;
}

/** The part of a model below its head: token ids in, one vector for each token out. */
export interface Encoder extends Module {
  /** What it was built from. */
  readonly config: EncoderConfig;
  /** The table of word embeddings, with which masked-word heads decode. Not there once they are integers. */
  readonly wordEmbeddings: Parameter; // [V, E]: as wide as the layers but in families with an embedding size of its own
  /** The hidden states of a packed batch. */
  forward(input: EncoderInput): EncoderOutputs;
  /**
   * From now on the encoder is for prediction alone, and faster: it gives up its parameters' names and shapes, and with them
   * training and saving.
   *
   * @throws ERR_OPTION for `int8` where its activation is none that products of integers know
   */
  packForPrediction(packing?: Packing): void;
  /**
   * Whether the encoder reads each token at its own place in its sequence: RoBERTa does not count one of padding, which a text may
   * have.
   */
  countsAllTokens(batch: PackedBatch): boolean;
  /** How deep a parameter lies, by its name in the encoder: 0 for the embeddings, k for layer k (from 1). */
  depthOf(name: string): number;
}
