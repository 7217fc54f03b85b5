import { CandidateQueue, type MergeCandidate } from "./candidate-queue.js";
import type { Pair } from "./pairs.js";

/** How often each pair comes, and where; and which is the most frequent. */
export class PairStatistics {
  readonly #counts = new Map<Pair, number>();
  readonly #queue = new CandidateQueue();
  readonly #appeared = new Map<Pair, number[]>(); // since the last merge, and the words in which it did

  update(pair: Pair, change: number, word: number): void {
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + change);
    if (change < 0) return;
    const words = this.#appeared.get(pair);
    if (words === undefined) this.#appeared.set(pair, [word]);
    else if (words.at(-1) !== word) words.push(word);
  }

  /**
   * Takes a pair out of the queue. Counts only sink while a pair waits (a rise queues it again), so they are looked at
   * when it comes first. A pair that was taken keeps its count: it may come again, made of pieces that other merges
   * give, and Hugging Face's trainer ranks it by the sum then.
   */
  takeMostFrequent(): MergeCandidate | undefined {
    for (const [pair, words] of this.#appeared) {
      const count = this.#counts.get(pair)!;
      if (count > 0) this.#queue.push({ pair, count, words });
    }
    this.#appeared.clear();
    for (;;) {
      const first = this.#queue.pop();
      if (first === undefined) return undefined;
      const count = this.#counts.get(first.pair)!;
      if (first.count === count) return first;
      this.#queue.push({ ...first, count });
    }
  }
}
