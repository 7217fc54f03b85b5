import { threefry2x32 } from "../counter-random.js";
import { mixed, wordHash } from "./text-hash.js";

/** Hash functions, of each of which a signature has the least value. */
export const SIGNATURE_LENGTH = 128;

/** What stands before the first and after the last word. */
const EDGE = wordHash("");

/**
 * Signatures of texts by which the likeness of their sets of word pairs can be estimated (MinHash: Broder, 1997): the share of equal
 * values estimates the Jaccard similarity with a standard deviation of at most 0.045. Of each least value 16 bits are kept (Li and
 * König, 2010), so a signature takes 256 bytes, however long its text.
 */
export class MinHash {
  readonly #keys: Int32Array;
  readonly #least = new Uint32Array(SIGNATURE_LENGTH);

  constructor(seed: number) {
    const key = [seed | 0, Math.floor(seed / 2 ** 32) | 0] as const;
    this.#keys = Int32Array.from({ length: SIGNATURE_LENGTH }, (_, index) => threefry2x32(key, index, 0)[0]);
  }

  /**
   * Writes the signature of a row. Its texts share the hash functions, so that each weighs the same, however long it is.
   *
   * @param texts the words of each, of which one at least has some
   */
  sign(texts: readonly (readonly string[])[], signature: Uint16Array): void {
    const least = this.#least.fill(0xffffffff);
    for (const [text, words] of texts.slice(0, SIGNATURE_LENGTH).entries()) {
      let before = EDGE;
      for (let index = 0; index <= words.length; index++) {
        const word = index < words.length ? wordHash(words[index]!) : EDGE;
        this.#add(mixed(Math.imul(before, 0x9e3779b1) ^ word), text, texts.length);
        before = word;
      }
    }
    for (let index = 0; index < SIGNATURE_LENGTH; index++) signature[index] = mixed(least[index]!);
  }

  /** By the functions `first`, `first + step` and so on. */
  #add(pair: number, first: number, step: number): void {
    const keys = this.#keys;
    const least = this.#least;
    for (let index = first; index < SIGNATURE_LENGTH; index += step) {
      let value = Math.imul(pair ^ keys[index]!, 0x85ebca6b);
      value = Math.imul(value ^ (value >>> 15), 0xc2b2ae35) >>> 0;
      if (value < least[index]!) least[index] = value;
    }
  }
}

/** The estimated similarity of two texts. @param signatures of all texts, one after the other */
export function estimatedSimilarity(signatures: Uint16Array, a: number, b: number): number {
  const [startA, startB] = [a * SIGNATURE_LENGTH, b * SIGNATURE_LENGTH];
  let equal = 0;
  for (let index = 0; index < SIGNATURE_LENGTH; index++)
    if (signatures[startA + index] === signatures[startB + index]) equal++;
  return equal / SIGNATURE_LENGTH;
}
