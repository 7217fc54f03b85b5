import { dataError } from "../data-error.js";
import { readExactly } from "./read-exactly.js";

/** How many offsets one read fetches: neighbours are asked for next, and 2 KiB cost what 8 bytes do. */
const WINDOW = 256;
const BYTES_PER_OFFSET = 8;

/**
 * An int64 tensor of rising offsets that stays on disk: whatever its length, a window of it is in memory.
 */
export class OffsetTable {
  readonly #words = new Uint32Array(2 * WINDOW); // little-endian: the low word comes first
  readonly #bytes = new Uint8Array(this.#words.buffer);
  #windowStart = 0;
  #windowEnd = 0;

  /**
   * @param file descriptor of the open file
   * @param path names the file in errors
   * @param start first byte of the tensor within the file
   * @param length number of offsets
   */
  constructor(
    readonly file: number,
    readonly path: string,
    readonly start: number,
    readonly length: number,
  ) {}

  /** Offset `index`, 0 to `length - 1`. */
  at(index: number): number {
    if (index < this.#windowStart || index >= this.#windowEnd) this.#load(index);
    const word = 2 * (index - this.#windowStart);
    return this.#words[word]! + this.#words[word + 1]! * 2 ** 32;
  }

  /**
   * Reads all of them once.
   *
   * @param name what the file calls them
   * @param end what the last must be
   * @returns how many lie more than one behind that before them
   * @throws LibbertError ERR_DATA unless they begin with 0, rise, and end with `end`
   */
  checkRise(name: string, end: number): number {
    let steps = 0;
    let before = this.length > 0 ? this.at(0) : -1;
    const wrong = (what: string, received: number) =>
      dataError(this.path, `${name} that ${what}`, `${received}`);
    if (before !== 0) throw wrong("begin with 0", before);
    for (let index = 1; index < this.length; index++) {
      const offset = this.at(index);
      if (offset <= before) throw wrong(`rise above ${before} at position ${index}`, offset);
      if (offset > before + 1) steps++;
      before = offset;
    }
    if (before !== end) throw wrong(`end with ${end}`, before);
    return steps;
  }

  #load(index: number): void {
    const end = Math.min(this.length, index + WINDOW);
    const bytes = (end - index) * BYTES_PER_OFFSET;
    readExactly(this.file, this.path, this.#bytes, 0, bytes, this.start + index * BYTES_PER_OFFSET);
    this.#windowStart = index;
    this.#windowEnd = end;
  }
}
