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

/** One behind the other. */
function joined(vectors: readonly Float32Array[]): Float32Array {
  const dim = vectors[0]!.length;
  const values = new Float32Array(vectors.length * dim);
  for (const [place, vector] of vectors.entries()) values.set(vector, place * dim);
  return values;
}
