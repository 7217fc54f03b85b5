import { type Pair, pairOf } from "./pairs.js";

/** Is told of a pair that appears in a word (`+1`) or goes from it (`-1`). */
type OnChange = (pair: Pair, change: 1 | -1, word: number) => void;

/** All distinct words, each as the ids of the pieces that it is cut into so far. */
export class SegmentedWords {
  readonly counts: Float64Array;
  readonly #ids: Int32Array; // the pieces of all words, one word after the other
  readonly #starts: Float64Array; // where in #ids a word begins
  readonly #lengths: Int32Array;

  /** @param idsOf the pieces of a word at first: its characters */
  constructor(words: ReadonlyMap<string, number>, idsOf: (word: string) => number[]) {
    this.counts = Float64Array.from(words.values());
    this.#starts = new Float64Array(words.size);
    this.#lengths = new Int32Array(words.size);
    let room = 0;
    for (const word of words.keys()) room += word.length; // in UTF-16 units: as many as characters, or more
    this.#ids = new Int32Array(room);
    let index = 0;
    let end = 0;
    for (const word of words.keys()) {
      const ids = idsOf(word);
      this.#ids.set(ids, end);
      this.#starts[index] = end;
      this.#lengths[index++] = ids.length;
      end += ids.length;
    }
  }

  /** Every pair of every word. */
  forEachPair(visit: (pair: Pair, word: number) => void): void {
    for (let word = 0; word < this.#lengths.length; word++) {
      const start = this.#starts[word]!;
      const end = start + this.#lengths[word]!;
      for (let i = start + 1; i < end; i++) visit(pairOf(this.#ids[i - 1]!, this.#ids[i]!), word);
    }
  }

  /** Replaces the pair (left, right) in a word by one piece, from the left on. */
  merge(word: number, left: number, right: number, merged: number, onChange: OnChange): void {
    const ids = this.#ids;
    const start = this.#starts[word]!;
    const end = start + this.#lengths[word]!;
    let kept = start;
    for (let i = start; i < end; i++) {
      if (ids[i] !== left || i + 1 === end || ids[i + 1] !== right) {
        ids[kept++] = ids[i]!;
        continue;
      }
      if (kept > start) {
        onChange(pairOf(ids[kept - 1]!, left), -1, word);
        onChange(pairOf(ids[kept - 1]!, merged), 1, word);
      }
      ids[kept++] = merged;
      i++;
      if (i + 1 < end) {
        onChange(pairOf(right, ids[i + 1]!), -1, word);
        onChange(pairOf(merged, ids[i + 1]!), 1, word);
      }
    }
    this.#lengths[word] = kept - start;
  }
}
