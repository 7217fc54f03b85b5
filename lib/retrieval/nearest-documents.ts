import type { SimilarityName } from "../checkpoint/sentence/settings.js";
import { pairSimilarity } from "../features/pair-similarity.js";
import type { TextRole } from "../features/prompt.js";
import type { Anchor } from "./choose-negatives.js";
import type { NumberedPairs } from "./numbered-pairs.js";
import type { FoundVector } from "./options.js";

/** What is found for so many anchors is in memory at a time. */
const ANCHORS_AT_A_TIME = 1024;

/** Where the texts of pairs become vectors, and are compared. */
export interface PairSearch {
  /** The vectors of all anchors, or of all documents, in parts as they come. */
  vectors(role: TextRole): AsyncIterable<readonly Float32Array[]>;
  index: VectorsToSearch;
}

/** Vectors of documents. */
export interface VectorsToSearch {
  /** Undefined before there are any. */
  readonly similarity: SimilarityName | undefined;
  add(vectors: readonly Float32Array[], signal?: AbortSignal): Promise<void>;
  search(
    queries: readonly Float32Array[],
    topK: number,
    signal?: AbortSignal,
  ): Promise<readonly (readonly FoundVector[])[]>;
}

/**
 * The documents that are most alike to each anchor, in parts of some anchors.
 *
 * @param topK how many are found for each
 */
export async function* nearestDocuments(
  pairs: NumberedPairs<unknown>,
  { vectors, index }: PairSearch,
  topK: number,
  signal?: AbortSignal,
): AsyncGenerator<Anchor[]> {
  const anchors: Float32Array[] = [];
  for await (const some of vectors("query")) for (const vector of some) anchors.push(vector);
  const lowestPositives = new Float64Array(anchors.length).fill(Number.POSITIVE_INFINITY);
  const anchorsOf = anchorsByDocument(pairs);
  let document = 0;
  for await (const some of vectors("document")) {
    await index.add(some, signal);
    for (const vector of some)
      for (const anchor of anchorsOf[document++]!) {
        const score = pairSimilarity(index.similarity!, anchors[anchor]!, vector);
        lowestPositives[anchor] = Math.min(lowestPositives[anchor]!, score);
      }
  }
  for (let first = 0; first < anchors.length; first += ANCHORS_AT_A_TIME) {
    const some = anchors.slice(first, first + ANCHORS_AT_A_TIME);
    yield (await index.search(some, topK, signal)).map((found, place) => {
      const number = first + place;
      return { number, found, positives: pairs.positives[number]!, lowestPositive: lowestPositives[number]! };
    });
  }
}

/** For each document, the anchors that it is right for. */
function anchorsByDocument({ documents, positives }: NumberedPairs<unknown>): number[][] {
  const anchors: number[][] = documents.map(() => []);
  for (const [anchor, own] of positives.entries())
    for (const document of own) anchors[document]!.push(anchor);
  return anchors;
}
