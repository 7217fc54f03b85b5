import { CounterRandom } from "../../lib/counter-random.js";

/** Random numbers of a test; the same ones every time. */
export class Draws {
  readonly #random: CounterRandom;
  #drawn = 0;

  constructor(seed: number) {
    this.#random = new CounterRandom(seed, 0);
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.#random.uniform(this.#drawn++) * count);
  }
}
