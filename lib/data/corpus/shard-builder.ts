import type { ShardContent, TextCounts } from "./shard.js";

const FIRST_CAPACITY = 1 << 16;

/** Collects tokenized documents until they make a shard. */
export class ShardBuilder {
  #ids = new Int32Array(FIRST_CAPACITY);
  #tokens = 0;
  #sentenceOffsets = [0];
  #documentOffsets = [0];

  /** @param sentences the tokens of each sentence, at least one */
  addDocument(sentences: readonly Int32Array[]): void {
    for (const ids of sentences) {
      this.#reserve(this.#tokens + ids.length);
      this.#ids.set(ids, this.#tokens);
      this.#tokens += ids.length;
      this.#sentenceOffsets.push(this.#tokens);
    }
    this.#documentOffsets.push(this.#sentenceOffsets.length - 1);
  }

  get counts(): TextCounts {
    return {
      documents: this.#documentOffsets.length - 1,
      sentences: this.#sentenceOffsets.length - 1,
      tokens: this.#tokens,
    };
  }

  /** Hands out what was collected, and starts anew. The ids are valid until the next document is added. */
  take(): ShardContent {
    const content = {
      ids: this.#ids.subarray(0, this.#tokens),
      sentenceOffsets: this.#sentenceOffsets,
      documentOffsets: this.#documentOffsets,
    };
    this.#tokens = 0;
    this.#sentenceOffsets = [0];
    this.#documentOffsets = [0];
    return content;
  }

  #reserve(tokens: number): void {
    if (tokens <= this.#ids.length) return;
    const larger = new Int32Array(Math.max(tokens, 2 * this.#ids.length));
    larger.set(this.#ids.subarray(0, this.#tokens));
    this.#ids = larger;
  }
}
