/** Sequences and tokens per second, and the time that is left. */
export class Throughput {
  readonly #start = performance.now();
  #sequences = 0;
  #tokens = 0;
  #paused = 0;

  add(sequences: number, tokens: number): void {
    this.#sequences += sequences;
    this.#tokens += tokens;
  }

  /** Runs something that is no training, such as an evaluation, outside the measured time. */
  async exclude<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#paused += performance.now() - start;
    }
  }

  get seconds(): number {
    return (performance.now() - this.#start - this.#paused) / 1000;
  }
  get sequencesPerSecond(): number {
    return this.#sequences / this.seconds;
  }
  get tokensPerSecond(): number {
    return this.#tokens / this.seconds;
  }
}
