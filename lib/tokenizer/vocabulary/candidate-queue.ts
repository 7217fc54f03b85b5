import type { Pair } from "./pairs.js";

/** A pair that may be merged next. */
export interface MergeCandidate {
  pair: Pair;
  /** How often it came in the corpus when it was queued. */
  count: number;
  /** Words in which it appeared since it was queued last. */
  words: number[];
}

/** A binary heap of candidates: the most frequent first, among equals the smallest pair. */
export class CandidateQueue {
  readonly #heap: MergeCandidate[] = [];

  push(candidate: MergeCandidate): void {
    const heap = this.#heap;
    let slot = heap.length;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (!isBefore(candidate, heap[parent]!)) break;
      heap[slot] = heap[parent]!;
      slot = parent;
    }
    heap[slot] = candidate;
  }

  pop(): MergeCandidate | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return first;
    let slot = 0;
    for (let child = 1; child < heap.length; child = 2 * slot + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[slot] = heap[child]!;
      slot = child;
    }
    heap[slot] = last;
    return first;
  }
}

function isBefore(a: MergeCandidate, b: MergeCandidate): boolean {
  return a.count !== b.count ? a.count > b.count : a.pair < b.pair;
}
