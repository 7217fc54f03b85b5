import { SIMILARITIES, type SimilarityName } from "../checkpoint/sentence/settings.js";
import { describe, LibbertError } from "../errors.js";
import { noGrad } from "../tensor/autograd.js";
import { stack, tensor } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Vector } from "./options.js";

/** a [A, D], b [B, D] → how alike each is to each, [A, B] */
type Similarity = (a: Tensor, b: Tensor) => Tensor;

const dot: Similarity = (a, b) => a.matmul(b.transpose(0, 1));

/** As sentence-transformers defines them; a distance counts as a negative number, so that more is more alike. */
const SIMILARITY: Record<SimilarityName, Similarity> = {
  cosine: (a, b) => dot(ofLengthOne(a), ofLengthOne(b)),
  dot,
  euclidean: (a, b) => byRow(a, (vector) => b.sub(vector).norm([1]).neg()),
  manhattan: (a, b) => byRow(a, (vector) => b.sub(vector).abs().sum([1]).neg()),
};

/**
 * How alike each of some vectors is to each of others, all of one length.
 *
 * @param name as a model's files have it
 * @returns a row for each of `a`, a number for each of `b`
 * @throws LibbertError ERR_CHECKPOINT for another name than those that sentence-transformers has for vectors
 */
export function similarities(name: string, a: readonly Vector[], b: readonly Vector[]): Float32Array[] {
  const known = knownSimilarity(name);
  if (a.length === 0 || b.length === 0) return a.map(() => new Float32Array());
  const values = scope(() => noGrad(() => compare(known, matrix(a), matrix(b)).toFloat32Array()));
  return a.map((_, row) => values.slice(row * b.length, (row + 1) * b.length));
}

/** a [A, D], b [B, D] → how alike each is to each, [A, B] */
export function compare(name: SimilarityName, a: Tensor, b: Tensor): Tensor {
  return SIMILARITY[name](a, b);
}

/** @throws LibbertError ERR_CHECKPOINT for another name than those that sentence-transformers has for vectors */
export function knownSimilarity(name: string): SimilarityName {
  if (isSimilarity(name)) return name;
  const known = SIMILARITIES.map((one) => JSON.stringify(one)).join(", ");
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected one of ${known} for similarity_fn_name in config_sentence_transformers.json but received ${describe(name)}`,
  );
}

function isSimilarity(name: string): name is SimilarityName {
  return (SIMILARITIES as readonly string[]).includes(name);
}

/** No vector is divided by less: one of zeros would be by zero. */
const SMALLEST_LENGTH = 1e-12;

/** [N, D] → the same with a length of 1 */
export function ofLengthOne(vectors: Tensor): Tensor {
  return vectors.div(vectors.norm([1], true).clamp(SMALLEST_LENGTH, Number.POSITIVE_INFINITY));
}

/** @param rowOf a vector [D] → [B] */
function byRow(vectors: Tensor, rowOf: (vector: Tensor) => Tensor): Tensor {
  const [count] = vectors.shape as [number];
  return stack(Array.from({ length: count }, (_, row) => scope(() => rowOf(vectors.select(0, row)))));
}

/** → [N, D] */
function matrix(vectors: readonly Vector[]): Tensor {
  const width = vectors[0]!.length;
  const values = new Float32Array(vectors.length * width);
  for (const [row, vector] of vectors.entries()) values.set(vector, row * width);
  return tensor(values).reshape([vectors.length, width]);
}
