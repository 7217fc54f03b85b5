import { sumOf } from "../../arrays.js";
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

/**
 * The tokens of each sequence as one vector: hidden [T, H] → float32 [sequences, poolings H]
 *
 * @param input whose `outputTokens`, where it has them, are the first of each sequence, which is then all that is pooled
 * @param skipped tokens at the start of each that are not pooled: those of a prompt. Default: 0
 */
export function pooledSequences(
  hidden: Tensor,
  { cuSeqlens, packed, outputTokens }: EncoderInput,
  poolings: readonly SentencePooling[],
  skipped = 0,
): Tensor {
  return scope(() => {
    const tokens = hidden.to("float32");
    if (outputTokens)
      return cat(
        poolings.map(() => tokens),
        1,
      );
    const pooled = sequencesOf(packed?.cuSeqlens ?? Int32Array.from(cuSeqlens.toArray()), skipped);
    return cat(
      poolings.map((pooling) => POOL[pooling](tokens, pooled)),
      1,
    );
  });
}

/** Why libbert does not train a model's vectors: through pooling and normalisation alone it does. Undefined where it does. */
export function untrainable(model: SentenceModel | LibbertError): LibbertError | undefined {
  if (model instanceof LibbertError) return model;
  const other = model.layers.find(({ kind }) => kind !== "normalize");
  if (other === undefined && model.includePrompt) return undefined;
  const what = other ? `a ${other.kind} layer` : "a prompt that is not pooled";
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected pooling and normalisation alone in modules.json but received ${what}: libbert computes such vectors, and neither trains nor evaluates them`,
  );
}

/** A sequence in a batch. */
interface Sequence {
  start: number;
  length: number;
  /** Tokens at its start that are not pooled: fewer than it has. */
  skipped: number;
}

function sequencesOf(bounds: Int32Array, skipped: number): Sequence[] {
  return Array.from(bounds.subarray(0, -1), (start, index) => {
    const length = bounds[index + 1]! - start;
    return { start, length, skipped: Math.min(skipped, length - 1) };
  });
}

/** tokens [T, H] → [B, H] */
type Pool = (tokens: Tensor, sequences: readonly Sequence[]) => Tensor;

const POOL: Record<SentencePooling, Pool> = {
  cls: (tokens, sequences) =>
    rowsOf(
      tokens,
      sequences.map(({ start, skipped }) => start + skipped),
    ),
  lasttoken: (tokens, sequences) =>
    rowsOf(
      tokens,
      sequences.map(({ start, length }) => start + length - 1),
    ),
  max: (tokens, sequences) =>
    cat(
      sequences.map(({ start, length, skipped }) =>
        tokens.narrow(0, start + skipped, length - skipped).amax([0], true),
      ),
    ),
  mean: (tokens, sequences) =>
    weightedSum(
      tokens,
      sequences,
      () => 1,
      (weights) => weights,
    ),
  mean_sqrt_len_tokens: (tokens, sequences) => weightedSum(tokens, sequences, () => 1, Math.sqrt),
  weightedmean: (tokens, sequences) =>
    weightedSum(
      tokens,
      sequences,
      (position) => position + 1,
      (weights) => weights,
    ),
};

function rowsOf(tokens: Tensor, rows: readonly number[]): Tensor {
  return tokens.indexSelect(0, tensor(Int32Array.from(rows), { device: tokens.device }));
}

/** The sum of each sequence's tokens by weight, divided by what the sum of the weights makes. */
function weightedSum(
  tokens: Tensor,
  sequences: readonly Sequence[],
  weightOf: (position: number) => number,
  divisorOf: (weights: number) => number,
): Tensor {
  const [count, width] = tokens.shape as [number, number];
  const [shares, owners] = [new Float32Array(count), new Int32Array(count)];
  for (const [sequence, { start, length, skipped }] of sequences.entries()) {
    owners.fill(sequence, start, start + length);
    const weights = Array.from({ length: length - skipped }, (_, index) => weightOf(skipped + index));
    const divisor = divisorOf(sumOf(weights));
    shares.set(
      weights.map((weight) => weight / divisor),
      start + skipped,
    );
  }
  const { device } = tokens;
  const weighted = tokens.mul(tensor(shares, { shape: [count, 1], device }));
  return zeros([sequences.length, width], { device }).indexAdd(0, tensor(owners, { device }), weighted);
}
