import { meanOf } from "../arrays.js";
import type {
  DenseActivation,
  Matrix,
  SentenceLayer,
  SentencePooling,
} from "../checkpoint/sentence/model.js";
import { LibbertError } from "../errors.js";
import { sigmoid } from "../logistic.js";

/** The vectors of a text's tokens one after the other: [n, H], row-major. */
export interface TokenVectors {
  values: Float32Array;
  hiddenSize: number;
}

/**
 * One vector of those of a text's tokens, as sentence-transformers makes it: [poolings H].
 *
 * @param skipped tokens at the start that are not pooled: those of a prompt
 */
export function pooledTokens(
  tokens: TokenVectors,
  poolings: readonly SentencePooling[],
  skipped: number,
): Float32Array {
  const { hiddenSize } = tokens;
  const pooled = new Float32Array(poolings.length * hiddenSize);
  for (const [index, pooling] of poolings.entries())
    pooled.set(POOL[pooling](tokens, skipped), index * hiddenSize);
  return pooled;
}

type Pool = (tokens: TokenVectors, skipped: number) => Float32Array;

const POOL: Record<SentencePooling, Pool> = {
  cls: (tokens, skipped) => token(tokens, skipped < count(tokens) ? skipped : 0),
  lasttoken: (tokens) => token(tokens, count(tokens) - 1),
  max(tokens, skipped) {
    const largest = Float32Array.from(token(tokens, Math.min(skipped, count(tokens) - 1)));
    for (let index = skipped; index < count(tokens); index++)
      for (const [unit, value] of token(tokens, index).entries())
        largest[unit] = Math.max(largest[unit]!, value);
    return largest;
  },
  mean: (tokens, skipped) =>
    weightedSum(
      tokens,
      skipped,
      () => 1,
      (weights) => weights,
    ),
  mean_sqrt_len_tokens: (tokens, skipped) => weightedSum(tokens, skipped, () => 1, Math.sqrt),
  weightedmean: (tokens, skipped) =>
    weightedSum(
      tokens,
      skipped,
      (index) => index + 1,
      (weights) => weights,
    ),
};

function count({ values, hiddenSize }: TokenVectors): number {
  return values.length / hiddenSize;
}

function token({ values, hiddenSize }: TokenVectors, index: number): Float32Array {
  return values.subarray(index * hiddenSize, (index + 1) * hiddenSize);
}

/** The sum of the tokens by weight, divided by what the sum of the weights makes. */
function weightedSum(
  tokens: TokenVectors,
  skipped: number,
  weightOf: (index: number) => number,
  divisorOf: (weights: number) => number,
): Float32Array {
  const sum = new Float64Array(tokens.hiddenSize);
  let weights = 0;
  for (let index = skipped; index < count(tokens); index++) {
    const weight = weightOf(index);
    weights += weight;
    for (const [unit, value] of token(tokens, index).entries()) sum[unit]! += weight * value;
  }
  const divisor = divisorOf(Math.max(weights, 1e-9));
  return Float32Array.from(sum, (value) => value / divisor);
}

/**
 * What a layer behind the pooling makes of a vector.
 *
 * @throws LibbertError ERR_CHECKPOINT for a layer of vectors of another length
 */
export function applyLayer(layer: SentenceLayer, vector: Float32Array): Float32Array {
  checkLength(layer, vector.length);
  if (layer.kind === "normalize") return normalised(vector);
  if (layer.kind === "layer-norm") return layerNorm(vector, layer.weight, layer.bias);
  const { weight, bias, activation, residual } = layer;
  const output = product(weight, vector).map((value, row) =>
    activated(value + (bias?.[row] ?? 0), activation),
  );
  if (residual === null) return output;
  const added = residual === "input" ? vector : product(residual, vector);
  return output.map((value, row) => value + added[row]!);
}

/** @throws LibbertError ERR_CHECKPOINT for a layer of vectors of another length */
export function checkLength(layer: SentenceLayer, length: number): void {
  const wanted = lengthFor(layer);
  if (wanted === undefined || wanted === length) return;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected a ${layer.kind} layer for vectors of ${length} numbers in modules.json but received one for ${wanted}`,
  );
}

/** How long the vectors are that a layer takes; undefined for any. */
function lengthFor(layer: SentenceLayer): number | undefined {
  if (layer.kind === "dense") return layer.weight.columns;
  return layer.kind === "layer-norm" ? layer.weight.length : undefined;
}

/** A vector of length 1 in the same direction; one of zeros stays as it is. */
export function normalised(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}

function product({ values, rows, columns }: Matrix, vector: Float32Array): Float32Array {
  const output = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += values[row * columns + column]! * vector[column]!;
    output[row] = sum;
  }
  return output;
}

function activated(value: number, activation: DenseActivation): number {
  if (activation === "tanh") return Math.tanh(value);
  if (activation === "relu") return Math.max(value, 0);
  return activation === "sigmoid" ? sigmoid(value) : value;
}

/** PyTorch's default. */
export const LAYER_NORM_EPS = 1e-5;

function layerNorm(vector: Float32Array, weight: Float32Array, bias: Float32Array): Float32Array {
  const mean = meanOf(vector);
  const variance = vector.reduce((sum, value) => sum + (value - mean) ** 2, 0) / vector.length;
  const scale = 1 / Math.sqrt(variance + LAYER_NORM_EPS);
  return vector.map((value, unit) => (value - mean) * scale * weight[unit]! + bias[unit]!);
}
