import { joined } from "../arrays.js";
import { ExactIndex } from "./exact-index.js";
import { foundByQuery } from "./found-vectors.js";
import type { VectorsToSearch } from "./nearest-documents.js";

/** Vectors that are compared by their cosine on the thread that computes them. The caller disposes it. */
export function threadIndex(): VectorsToSearch & Disposable {
  let index: ExactIndex | undefined;
  return {
    similarity: "cosine",
    async add(vectors) {
      index ??= new ExactIndex("cosine", vectors[0]!.length);
      index.add(joined(vectors));
    },
    async search(queries, topK, signal) {
      return foundByQuery(await index!.search(joined(queries), topK, signal), queries.length);
    },
    [Symbol.dispose]: () => index?.dispose(),
  };
}
