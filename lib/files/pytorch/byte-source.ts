import { damaged, fillFrom } from "../read-bytes.js";

const WINDOW_BYTES = 2 ** 16;

/** Bytes of an open file in turn, a window of them in memory. */
export class ByteSource {
  #window = new Uint8Array(0);
  #windowStart = 0;

  /**
   * @param at the first byte within the file
   * @param end the byte behind the last that may be read
   */
  constructor(
    readonly file: number,
    readonly path: string,
    public at: number,
    readonly end: number,
  ) {}

  /** The next bytes; they stay as they are until the next call. */
  take(count: number): Buffer {
    if (count > this.end - this.at) throw damaged(this.path, `its pickle goes on behind byte ${this.end}`);
    const start = this.at - this.#windowStart;
    if (start < 0 || start + count > this.#window.length) this.#read(count);
    const from = this.at - this.#windowStart;
    this.at += count;
    return Buffer.from(this.#window.buffer, this.#window.byteOffset + from, count);
  }

  /** The bytes up to the next line break, which is passed over. */
  line(longest: number): Buffer {
    const start = this.at;
    while (this.take(1)[0] !== 0x0a)
      if (this.at - start > longest)
        throw damaged(this.path, `its pickle has a line of more than ${longest} bytes`);
    const length = this.at - start - 1;
    this.at = start;
    const line = Buffer.from(this.take(length));
    this.at++;
    return line;
  }

  #read(count: number): void {
    const length = Math.min(Math.max(count, WINDOW_BYTES), this.end - this.at);
    this.#window = new Uint8Array(length);
    this.#windowStart = this.at;
    fillFrom(this.file, this.path, this.at, this.#window);
  }
}
