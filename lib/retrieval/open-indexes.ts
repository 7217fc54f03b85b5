import type { SimilarityName } from "../checkpoint/sentence/settings.js";
import { ExactIndex } from "./exact-index.js";

/** Vectors that a compute thread searches, by the numbers that the application knows them by. */
export class OpenIndexes {
  readonly #indexes = new Map<number, ExactIndex>();
  #last = 0;

  open(similarity: SimilarityName, dim: number): number {
    this.#indexes.set(++this.#last, new ExactIndex(similarity, dim));
    return this.#last;
  }

  of(number: number): ExactIndex {
    return this.#indexes.get(number)!;
  }

  close(number: number): void {
    this.of(number).dispose();
    this.#indexes.delete(number);
  }

  dispose(): void {
    for (const number of [...this.#indexes.keys()]) this.close(number);
  }
}
