/** Reads an iterable ahead of who takes its items, as far as it is told to, and no further. */
export class ReadAhead<Item> {
  readonly #iterator: Iterator<Item> | AsyncIterator<Item>;
  readonly #onChange: () => void;
  #waiting: Item[] = [];
  #limit = 0;
  #isReading = false;
  #isOver = false;
  #failure: { error: unknown } | undefined;

  /** @param onChange is told that an item came, or the end */
  constructor(items: Iterable<Item> | AsyncIterable<Item>, onChange: () => void) {
    this.#iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    this.#onChange = onChange;
  }

  /** Items that came and were not taken. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether nothing waits and nothing more comes. @throws what the iterable threw, once its items are taken */
  isAtEnd(): boolean {
    if (!this.#isOver || this.#waiting.length > 0) return false;
    if (this.#failure) throw this.#failure.error;
    return true;
  }

  take(count: number): Item[] {
    return this.#waiting.splice(0, count);
  }

  /** From now on reads in the background while fewer than `limit` items wait. */
  async read(limit: number): Promise<void> {
    this.#limit = limit;
    if (this.#isReading || this.#isOver) return;
    this.#isReading = true;
    try {
      while (this.#waiting.length < this.#limit && !this.#isOver) {
        const { done, value } = await this.#iterator.next();
        if (done) this.#isOver = true;
        else this.#waiting.push(await value); // an array may hold promises
        this.#onChange();
      }
    } catch (error) {
      this.#failure = { error };
      this.#isOver = true;
      this.#onChange();
    } finally {
      this.#isReading = false;
    }
  }

  /** Ends the iterable before its end, as leaving a loop over it would. One that never gives its next item is not waited for. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const closed = Promise.resolve(this.#iterator.return?.());
    if (this.#isReading) closed.catch(() => {});
    else await closed;
  }
}
