/** The vectors that are most alike to one query, among those that were seen. */
export class Nearest {
  readonly #most: number;
  // Twice as many as are kept: when they are full, the worse half goes.
  readonly #indices: Int32Array;
  readonly #scores: Float32Array;
  #count = 0;
  /** What a score has to be above to be kept. */
  #worst = Number.NEGATIVE_INFINITY;

  /** @param most how many are kept */
  constructor(most: number) {
    this.#most = most;
    this.#indices = new Int32Array(2 * most);
    this.#scores = new Float32Array(2 * most);
  }

  /**
   * Looks at the next vectors. Of equal scores the one that was seen first stays before the others.
   *
   * @param scores finite, one a vector
   * @param first the index of the first
   */
  see(scores: Float32Array, first: number): void {
    let worst = this.#worst;
    for (let offset = 0; offset < scores.length; offset++) {
      const score = scores[offset]!;
      if (score <= worst) continue;
      this.#indices[this.#count] = first + offset;
      this.#scores[this.#count++] = score;
      if (this.#count < this.#scores.length) continue;
      this.#keepBest();
      worst = this.#worst;
    }
  }

  /** The best first. */
  found(): { indices: Int32Array; scores: Float32Array } {
    this.#keepBest();
    return {
      indices: this.#indices.subarray(0, this.#count),
      scores: this.#scores.subarray(0, this.#count),
    };
  }

  #keepBest(): void {
    const [indices, scores] = [this.#indices.slice(0, this.#count), this.#scores.slice(0, this.#count)];
    const order = Int32Array.from(indices.keys()).sort((a, b) => scores[b]! - scores[a]!); // stable
    this.#count = Math.min(this.#most, order.length);
    for (let place = 0; place < this.#count; place++) {
      this.#indices[place] = indices[order[place]!]!;
      this.#scores[place] = scores[order[place]!]!;
    }
    if (this.#count === this.#most) this.#worst = this.#scores[this.#most - 1]!;
  }
}
