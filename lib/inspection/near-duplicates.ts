import { setImmediate } from "node:timers/promises";
import { estimatedSimilarity, SIGNATURE_LENGTH } from "./min-hash.js";
import { mixed } from "./text-hash.js";

/** How sure it is to be that two texts which are just as alike as asked for meet in a bucket. */
const CERTAINTY = 0.99;
/** In a bucket each text is compared with the first and so many before it, so that no bucket takes its size squared. */
const COMPARED_BEFORE = 16;

export interface NearDuplicateSearch {
  /** Of all texts, one after the other. */
  signatures: Uint16Array;
  /** Which of them are searched, in rising order. */
  texts: Int32Array;
  /** From which estimated similarity on two texts are alike. */
  similarity: number;
  signal?: AbortSignal;
}

/**
 * Finds texts that are alike: those whose signatures agree in all values of a band (locality-sensitive hashing: Indyk and Motwani, 1998)
 * are compared.
 *
 * @param found is told each pair, the earlier text first; a pair may come more than once
 * @throws the signal's reason
 */
export async function findNearDuplicates(
  { signatures, texts, similarity, signal }: NearDuplicateSearch,
  found: (earlier: number, later: number, similarity: number) => void,
): Promise<void> {
  const width = bandWidth(similarity);
  const bits = Math.ceil(Math.log2(texts.length + 1)); // of a place in `texts`
  const entries = new Float64Array(texts.length);
  for (let start = 0; start + width <= SIGNATURE_LENGTH; start += width) {
    await setImmediate(); // an abort is heard
    signal?.throwIfAborted();
    for (const [place, text] of texts.entries()) {
      const hash = bandHash(signatures, text * SIGNATURE_LENGTH + start, width);
      entries[place] = Math.floor(hash / 2 ** Math.max(0, bits - 21)) * 2 ** bits + place;
    }
    entries.sort(); // by hash, and texts of the same hash in their order
    compareBuckets(entries, 2 ** bits, (a, b) => {
      const alike = estimatedSimilarity(signatures, texts[a]!, texts[b]!);
      if (alike >= similarity) found(texts[a]!, texts[b]!, alike);
    });
  }
}

/** The most values of a band with which two texts that are so alike agree in some band nearly always. */
export function bandWidth(similarity: number): number {
  const certainty = (width: number) => 1 - (1 - similarity ** width) ** Math.floor(SIGNATURE_LENGTH / width);
  let width = 1;
  while (width < SIGNATURE_LENGTH / 4 && certainty(width + 1) >= CERTAINTY) width++;
  return width;
}

function bandHash(signatures: Uint16Array, start: number, width: number): number {
  let hash = 0;
  for (let index = start; index < start + width; index++)
    hash = Math.imul(hash ^ signatures[index]!, 0x9e3779b1) ^ (hash >>> 15);
  return mixed(hash);
}

/** @param entries sorted; each a hash times `places`, and a place */
function compareBuckets(
  entries: Float64Array,
  places: number,
  compare: (a: number, b: number) => void,
): void {
  let first = 0; // of the bucket
  for (let entry = 1; entry < entries.length; entry++) {
    if (Math.floor(entries[entry]! / places) !== Math.floor(entries[first]! / places)) {
      first = entry;
      continue;
    }
    const place = entries[entry]! % places;
    compare(entries[first]! % places, place);
    for (let other = Math.max(first + 1, entry - COMPARED_BEFORE); other < entry; other++)
      compare(entries[other]! % places, place);
  }
}
