import type { SimilarityName } from "../checkpoint/sentence/settings.js";
import { foundByQuery } from "../retrieval/found-vectors.js";
import type { FoundVector, Vectors } from "../retrieval/options.js";
import type { Requesting } from "./compute-session.js";
import { flatVectors } from "./flat-vectors.js";

/** So many numbers cross to the compute thread at a time: 8 MiB. */
const NUMBERS_AT_A_TIME = 2 ** 21;

/** How vectors are compared, and where. */
interface IndexSettings {
  /** Default: what the files say of the model that the session has */
  similarity?: SimilarityName;
  /** Of a session without a model. */
  threads?: number;
}

/** The application's side of vectors that a compute thread searches. They are added by one call at a time. */
export class SessionIndex {
  readonly #session: Requesting;
  readonly #settings: IndexSettings;
  #opened: { index: number; dim: number; similarity: SimilarityName } | undefined;
  #size = 0;
  /** Both threads see this memory, so that nothing is copied on its way. */
  #shared: Float32Array = new Float32Array();

  constructor(session: Requesting, settings: IndexSettings) {
    this.#session = session;
    this.#settings = settings;
  }

  get size(): number {
    return this.#size;
  }

  /** Numbers of a vector; undefined before there are any. */
  get dim(): number | undefined {
    return this.#opened?.dim;
  }

  /** How vectors are compared; undefined before there are any. */
  get similarity(): SimilarityName | undefined {
    return this.#opened?.similarity;
  }

  /** Copies vectors behind those that are there. @throws ERR_OPTION for vectors that do not fit; the signal's reason */
  async add(vectors: Vectors, signal?: AbortSignal): Promise<void> {
    const flat = flatVectors(vectors, "vectors", this.dim);
    const { index } = await this.#open(flat.dim, signal);
    const count = Math.max(1, Math.floor(NUMBERS_AT_A_TIME / flat.dim));
    for (let first = 0; first < flat.count; first += count) {
      const values = this.#room(flat.dim * Math.min(count, flat.count - first));
      flat.copy(first, values);
      await this.#session.request("addVectors", () => ({ index, values }), { signal });
    }
    this.#size += flat.count;
  }

  #room(numbers: number): Float32Array {
    if (this.#shared.length < numbers)
      this.#shared = new Float32Array(new SharedArrayBuffer(numbers * Float32Array.BYTES_PER_ELEMENT));
    return this.#shared.subarray(0, numbers);
  }

  async #open(dim: number, signal?: AbortSignal) {
    if (this.#opened) return this.#opened;
    const answer = await this.#session.request("openIndex", () => ({ ...this.#settings, dim }), { signal });
    this.#opened = { ...answer, dim };
    return this.#opened;
  }

  /** The nearest vectors of each query. @throws ERR_OPTION for vectors that do not fit; the signal's reason */
  async search(queries: Vectors, topK: number, signal?: AbortSignal): Promise<FoundVector[][]> {
    const flat = flatVectors(queries, "queries", this.dim);
    const { index } = this.#opened!;
    const values = flat.all();
    const found = await this.#session.request("searchIndex", () => ({ index, queries: values, topK }), {
      signal,
    });
    return foundByQuery(found, flat.count);
  }

  /** Frees the vectors. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened) await this.#session.request("closeIndex", () => ({ index: opened.index }));
  }
}
