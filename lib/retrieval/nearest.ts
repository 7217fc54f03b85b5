/** The vectors that are most alike to one query, among those that were seen. */
export class Nearest {
  readonly #indices: Int32Array; // the best first
  readonly #scores: Float64Array;
  #count = 0;

  /** @param most how many are kept */
  constructor(most: number) {
    this.#indices = new Int32Array(most);
    this.#scores = new Float64Array(most);
  }

  /**
   * Looks at the next vectors. Of equal scores the one that was seen first stays before the others.
   *
   * @param scores finite, one a vector
   * @param first the index of the first
   */
  see(scores: Float32Array, first: number): void {
    let worst = this.#worst();
    for (let offset = 0; offset < scores.length; offset++) {
      const score = scores[offset]!;
      if (score <= worst) continue;
      this.#insert(first + offset, score);
      worst = this.#worst();
    }
  }

  get indices(): Int32Array {
    return this.#indices.subarray(0, this.#count);
  }

  get scores(): Float64Array {
    return this.#scores.subarray(0, this.#count);
  }

  /** What a score has to be above to be kept. */
  #worst(): number {
    return this.#count < this.#scores.length ? Number.NEGATIVE_INFINITY : this.#scores.at(-1)!;
  }

  #insert(index: number, score: number): void {
    const place = this.#placeOf(score);
    this.#scores.copyWithin(place + 1, place, this.#count);
    this.#indices.copyWithin(place + 1, place, this.#count);
    this.#scores[place] = score;
    this.#indices[place] = index;
    if (this.#count < this.#scores.length) this.#count++;
  }

  /** Behind all that are at least as good. */
  #placeOf(score: number): number {
    let [start, end] = [0, this.#count];
    while (start < end) {
      const middle = (start + end) >> 1;
      if (this.#scores[middle]! >= score) start = middle + 1;
      else end = middle;
    }
    return start;
  }
}
