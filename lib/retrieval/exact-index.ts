import { setImmediate as nextTurn } from "node:timers/promises";
import type { SimilarityName } from "../checkpoint/sentence/settings.js";
import { expected } from "../errors.js";
import { compare, ofLengthOne } from "../features/similarity.js";
import { noGrad } from "../tensor/autograd.js";
import { tensor, zeros } from "../tensor/create.js";
import { keep, scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { FoundVectors } from "./found-vectors.js";
import { Nearest } from "./nearest.js";

/** Few enough that their scores stay in the processor's cache. */
const MOST_VECTORS_OF_BLOCK = 4096;
/** 8 MiB. */
const MOST_NUMBERS_OF_BLOCK = 2 ** 21;

/** Few enough that a search needs little memory; between two groups the thread hears of an abort. */
const MOST_QUERIES_AT_ONCE = 256;
/** So many vectors are kept for all of them. */
const MOST_FOUND_AT_ONCE = 2 ** 20;

/** The scores of longer vectors could be more than float32 holds. */
const GREATEST_LENGTH = 1e18;

/** Vectors that are compared with queries one and all: no approximation. */
export class ExactIndex {
  readonly #similarity: SimilarityName;
  readonly #dim: number;
  readonly #blockSize: number; // B
  readonly #blocks: Tensor[] = []; // [B, D], of the last one the first rows
  #size = 0;

  /** @param dim D, the numbers of a vector */
  constructor(similarity: SimilarityName, dim: number) {
    this.#similarity = similarity;
    this.#dim = dim;
    // A power of two: the same vector then has the same score wherever it lies in a block.
    const fitting = 2 ** Math.floor(Math.log2(Math.max(1, MOST_NUMBERS_OF_BLOCK / dim)));
    this.#blockSize = Math.min(MOST_VECTORS_OF_BLOCK, fitting);
  }

  /**
   * Copies vectors behind those that are there.
   *
   * @param values [N, D]
   * @throws LibbertError ERR_OPTION, naming the vector, for numbers that are not finite, and for very large ones
   */
  add(values: Float32Array): void {
    const count = values.length / this.#dim;
    for (let done = 0; done < count; ) {
      const used = this.#size % this.#blockSize;
      if (this.#size === this.#blocks.length * this.#blockSize)
        this.#blocks.push(keep(zeros([this.#blockSize, this.#dim])));
      const taken = Math.min(count - done, this.#blockSize - used);
      const some = values.subarray(done * this.#dim, (done + taken) * this.#dim);
      scope(() => noGrad(() => this.#fill(this.#blocks.at(-1)!.narrow(0, used, taken), some)));
      this.#size += taken;
      done += taken;
    }
  }

  #fill(rows: Tensor, { buffer, byteOffset, byteLength }: Float32Array): void {
    rows.copyBytes_(new Uint8Array(buffer, byteOffset, byteLength), "float32");
    checkLengths(rows, (row) => `vectors.${this.#size + row}`);
    if (this.#similarity === "cosine") rows.copy_(ofLengthOne(rows));
  }

  /**
   * The vectors that are most alike to each query; of equal ones, in their own order.
   *
   * @param queries [Q, D]
   * @throws LibbertError ERR_OPTION as `add()`; the signal's reason
   */
  async search(queries: Float32Array, topK: number, signal?: AbortSignal): Promise<FoundVectors> {
    const count = queries.length / this.#dim;
    const most = Math.min(topK, this.#size);
    const found = { indices: new Int32Array(count * most), scores: new Float32Array(count * most) };
    const atOnce = Math.max(1, Math.min(MOST_QUERIES_AT_ONCE, Math.floor(MOST_FOUND_AT_ONCE / most)));
    for (let first = 0; first < count; first += atOnce) {
      await nextTurn();
      signal?.throwIfAborted();
      const some = queries.subarray(first * this.#dim, (first + atOnce) * this.#dim);
      for (const [query, nearest] of this.#nearest(some, most, first).entries()) {
        const { indices, scores } = nearest.found();
        found.indices.set(indices, (first + query) * most);
        found.scores.set(scores, (first + query) * most);
      }
    }
    return found;
  }

  #nearest(values: Float32Array, most: number, first: number): Nearest[] {
    return scope(() =>
      noGrad(() => {
        const given = tensor(values).reshape([values.length / this.#dim, this.#dim]);
        checkLengths(given, (row) => `queries.${first + row}`);
        const isCosine = this.#similarity === "cosine";
        const queries = isCosine ? ofLengthOne(given) : given;
        const nearest = Array.from({ length: given.shape[0]! }, () => new Nearest(most));
        for (const [block, vectors] of this.#blocks.entries()) {
          // Of vectors of length 1, the product is the cosine.
          const scores = scope(() =>
            compare(isCosine ? "dot" : this.#similarity, queries, vectors).toFloat32Array(),
          );
          this.#show(scores, block, nearest);
        }
        return nearest;
      }),
    );
  }

  /** @param scores [Q, B] */
  #show(scores: Float32Array, block: number, nearest: readonly Nearest[]): void {
    const first = block * this.#blockSize;
    const count = Math.min(this.#blockSize, this.#size - first);
    for (const [query, one] of nearest.entries()) {
      const start = query * this.#blockSize;
      one.see(scores.subarray(start, start + count), first);
    }
  }

  dispose(): void {
    for (const block of this.#blocks) block.dispose();
  }
}

/** @throws ERR_OPTION for the first vector that is too long, or of numbers that are not finite */
function checkLengths(vectors: Tensor, nameOf: (row: number) => string): void {
  const lengths = vectors.norm([1]).toFloat32Array();
  const row = lengths.findIndex((length) => !(length <= GREATEST_LENGTH)); // NaN is not either
  if (row >= 0)
    throw expected(`finite numbers, of a length of at most ${GREATEST_LENGTH},`, nameOf(row), lengths[row]);
}
