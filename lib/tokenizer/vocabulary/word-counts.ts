/** As many distinct words as are kept: about 0.5 GB. The 14.6 MB of the tests have 54,000, Wikipedia some millions. */
const MAX_WORDS = 5_000_000;

/**
 * Longer words are left out. A tokenizer makes [UNK] of any word above 100 characters, and learning from megabytes of
 * base64 without a space would take forever. Generous, so that no word of a language is lost.
 */
const MAX_WORD_LENGTH = 1000;

/**
 * Counts of the words of a corpus, in memory that does not grow with it: when there are too many distinct words, the
 * rarest are forgotten, as word2vec does. The same parts in the same order leave the same words.
 */
export class WordCounts {
  readonly #counts = new Map<string, number>();
  readonly #limit: number;
  #forgottenCount = 0;
  #tooLong = 0;

  constructor(limit = MAX_WORDS) {
    this.#limit = limit;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Words that came this often, or less, in some part of the corpus may be missing; 0: none was forgotten. */
  get forgottenCount(): number {
    return this.#forgottenCount;
  }

  /** How many words were left out because of their length. */
  get tooLong(): number {
    return this.#tooLong;
  }

  add(part: ReadonlyMap<string, number>): void {
    for (const [word, count] of part) {
      if (word.length > MAX_WORD_LENGTH) this.#tooLong += count;
      else this.#counts.set(word, (this.#counts.get(word) ?? 0) + count);
    }
    if (this.#counts.size > this.#limit) this.#forget();
  }

  /** Leaves half of the room free, so that this does not happen at every part. */
  #forget(): void {
    while (this.#counts.size > this.#limit / 2) {
      this.#forgottenCount++;
      for (const [word, count] of this.#counts) {
        if (count <= this.#forgottenCount) this.#counts.delete(word);
      }
    }
  }
}
