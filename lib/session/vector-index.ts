import { expected } from "../errors.js";
import { signalOption } from "../options/call-options.js";
import { parseOptions } from "../options/parse-options.js";
import { type FoundVector, indexOptions, searchVectorsOptions, type Vectors } from "../retrieval/options.js";
import { ComputeSession } from "./compute-session.js";
import type { IndexOptions, SearchVectorsOptions } from "./option-types.js";
import { SessionIndex } from "./session-index.js";

/** What `indexVectors()` is called with. */
export const indexCall = indexOptions.extend({ signal: signalOption });
/** What `index.search()` is called with. */
export const searchVectorsCall = searchVectorsOptions.extend({ signal: signalOption });

/** Vectors that are searched, on a thread of their own, until `dispose()`. */
export class VectorIndex implements AsyncDisposable {
  readonly #session: ComputeSession;
  readonly #index: SessionIndex;

  /** Made by `indexVectors()`. */
  constructor(session: ComputeSession, index: SessionIndex) {
    this.#session = session;
    this.#index = index;
  }

  /** How many vectors there are. */
  get size(): number {
    return this.#index.size;
  }

  /** How many numbers each has. */
  get dim(): number {
    return this.#index.dim!;
  }

  /**
   * The vectors that are most alike to each query, the best first; of equal ones, in their own order. Every vector is compared, so
   * none is missed.
   *
   * ```ts
   * const [found] = await index.search(await model.encodeQuery(["who wrote it?"]), { topK: 3 }); // [{ index, score }, …]
   * ```
   *
   * @param options.topK how many are found for each query. Default: 10
   * @throws LibbertError ERR_OPTION for vectors of another length than those of the index; the signal's reason
   */
  async search(queries: Vectors, options: SearchVectorsOptions = {}): Promise<FoundVector[][]> {
    const { topK, signal } = parseOptions(searchVectorsCall, options);
    return this.#index.search(queries, topK, signal);
  }

  /** Frees the vectors, once the searches under way are done. A second call does nothing. */
  dispose(): Promise<void> {
    return this.#session.close();
  }

  /** What `await using` calls: `dispose()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/**
 * Copies vectors to a thread that finds those which are most alike to others.
 *
 * ```ts
 * await using index = await indexVectors(await model.encodeDocument(documents));
 * ```
 *
 * @param vectors an array of vectors of one length; or `{ values, dim }`, one behind the other; or an async iterable of either, for
 *   more than are to be in memory twice
 * @param options.similarity `"cosine"` (the default), `"dot"`, `"euclidean"` or `"manhattan"`
 * @param options.threads that compute. Default: `LIBBERT_THREADS` or `OMP_NUM_THREADS`, else the processors that the process may use
 * @throws LibbertError ERR_OPTION for no vectors, vectors of several lengths, and numbers that are not finite; the signal's reason
 */
export async function indexVectors(
  vectors: Vectors | AsyncIterable<Vectors>,
  options: IndexOptions = {},
): Promise<VectorIndex> {
  const { signal, ...settings } = parseOptions(indexCall, options);
  const session = new ComputeSession();
  try {
    const index = new SessionIndex(session, settings);
    for await (const some of inParts(vectors)) await index.add(some, signal);
    if (index.size === 0) throw expected("at least one vector", "vectors", vectors);
    return new VectorIndex(session, index);
  } catch (error) {
    await session.close();
    throw error;
  }
}

function inParts(vectors: Vectors | AsyncIterable<Vectors>): AsyncIterable<Vectors> | Iterable<Vectors> {
  const isIterable = typeof vectors === "object" && vectors !== null && Symbol.asyncIterator in vectors;
  return isIterable ? vectors : [vectors as Vectors];
}
