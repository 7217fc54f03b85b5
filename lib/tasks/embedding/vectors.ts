import type { SentenceModel, SentencePooling } from "../../checkpoint/sentence/model.js";
import { LibbertError } from "../../errors.js";
import type { LongTexts } from "../../features/long-texts.js";
import type { EncoderInput } from "../../models/encoder-input.js";
import { normalize } from "../../nn/functional.js";
import { cat, tensor, zeros } from "../../tensor/create.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import { pooledOutputs } from "../texts/pooled-outputs.js";

/** How vectors are made. */
export interface VectorMaking {
  poolings: readonly SentencePooling[];
  isNormalised: boolean;
  /** Null where long texts are cut. */
  longTexts: LongTexts | null;
}

/**
 * One vector for each text of a packed batch, as sentence-transformers makes it of a text that is one sequence, with gradients.
 *
 * @param hidden [T, H]
 * @param windows how many sequences each of B texts has
 * @returns float32 [B, poolings H]
 */
export function sentenceVectors(
  hidden: Tensor,
  input: EncoderInput,
  windows: readonly number[],
  { poolings, isNormalised, longTexts }: VectorMaking,
): Tensor {
  return scope(() => {
    const pooled = pooledOutputs(pooledSequences(hidden, input, poolings), windows, longTexts);
    return isNormalised ? normalize(pooled) : pooled;
  });
}

/** The tokens of each sequence as one vector: hidden [T, H] → float32 [sequences, poolings H] */
export function pooledSequences(
  hidden: Tensor,
  { cuSeqlens }: EncoderInput,
  poolings: readonly SentencePooling[],
): Tensor {
  return scope(() => {
    const tokens = hidden.to("float32");
    const bounds = Int32Array.from(cuSeqlens.toArray());
    return cat(
      poolings.map((pooling) => POOL[pooling](tokens, bounds)),
      1,
    );
  });
}

/**
 * Vectors are trained through pooling and normalisation alone.
 *
 * @throws LibbertError ERR_CHECKPOINT for a model with other layers, or with what libbert does not have
 */
export function checkTrainable(model: SentenceModel | LibbertError): asserts model is SentenceModel {
  if (model instanceof LibbertError) throw model;
  const other = model.layers.find(({ kind }) => kind !== "normalize");
  if (other === undefined && model.includePrompt) return;
  const what = other ? `a ${other.kind} layer` : "a prompt that is not pooled";
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected pooling and normalisation alone in modules.json but received ${what}: libbert computes such vectors, and does not train them`,
  );
}

/** tokens [T, H], and where each sequence starts and the last one ends → [B, H] */
type Pool = (tokens: Tensor, bounds: Int32Array) => Tensor;

const POOL: Record<SentencePooling, Pool> = {
  cls: (tokens, bounds) => rowsOf(tokens, bounds.subarray(0, -1)),
  lasttoken: (tokens, bounds) =>
    rowsOf(
      tokens,
      bounds.subarray(1).map((end) => end - 1),
    ),
  max: (tokens, bounds) =>
    cat(sequences(bounds).map(({ start, length }) => tokens.narrow(0, start, length).amax([0], true))),
  mean: (tokens, bounds) => weightedSum(tokens, bounds, (_, length) => 1 / length),
  mean_sqrt_len_tokens: (tokens, bounds) => weightedSum(tokens, bounds, (_, length) => 1 / Math.sqrt(length)),
  weightedmean: (tokens, bounds) =>
    weightedSum(tokens, bounds, (position, length) => (2 * (position + 1)) / (length * (length + 1))),
};

function sequences(bounds: Int32Array): { start: number; length: number }[] {
  return Array.from(bounds.subarray(0, -1), (start, index) => ({
    start,
    length: bounds[index + 1]! - start,
  }));
}

function rowsOf(tokens: Tensor, rows: Int32Array): Tensor {
  return tokens.indexSelect(0, tensor(rows, { device: tokens.device }));
}

/** The sum of each sequence's tokens, by weights that depend on a token's position and the sequence's length. */
function weightedSum(
  tokens: Tensor,
  bounds: Int32Array,
  weightOf: (position: number, length: number) => number,
): Tensor {
  const [count, width] = tokens.shape as [number, number];
  const [weights, owners] = [new Float32Array(count), new Int32Array(count)];
  for (const [sequence, { start, length }] of sequences(bounds).entries()) {
    owners.fill(sequence, start, start + length);
    for (let position = 0; position < length; position++)
      weights[start + position] = weightOf(position, length);
  }
  const { device } = tokens;
  const weighted = tokens.mul(tensor(weights, { shape: [count, 1], device }));
  return zeros([bounds.length - 1, width], { device }).indexAdd(0, tensor(owners, { device }), weighted);
}
