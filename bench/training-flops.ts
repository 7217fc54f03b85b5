import type { EncoderConfig } from "../lib/models/encoder-config.js";

/** What of a batch costs products. */
export interface BatchSize {
  /** Tokens of each sequence, padding not among them. */
  lengths: ArrayLike<number>;
  /** Words to predict. */
  predictions: number;
}

/**
 * Floating-point operations that training on a batch needs: the matrix products of forward, and twice as many for
 * backward, which has one product for the gradient of each factor. Padding, anything computed twice, and what the last layer
 * makes of tokens that no head reads is no need.
 */
export function trainingFlops(config: EncoderConfig, { lengths, predictions }: BatchSize): number {
  const { hiddenSize: hidden, intermediateSize: inner, numHiddenLayers: layers, vocabSize } = config;
  let [tokens, scores] = [0, 0];
  for (const length of Array.from(lengths)) {
    tokens += length;
    scores += length * length;
  }
  const attention = tokens * 3 * hidden * hidden + 2 * scores * hidden;
  const afterAttention = hidden * hidden + 2 * hidden * inner; // of one token
  const read = predictions + lengths.length; // masked words, and the first token of each sequence
  const encoder = layers * attention + ((layers - 1) * tokens + read) * afterAttention;
  const pooler = lengths.length * hidden * hidden;
  const words = predictions * (hidden * hidden + hidden * vocabSize);
  const multiplications = encoder + pooler + words;
  return 3 * 2 * multiplications; // each with its addition
}

export function lengthsOf(cuSeqlens: Int32Array): number[] {
  return Array.from(cuSeqlens.subarray(1), (end, sequence) => end - cuSeqlens[sequence]!);
}
