/** A position in bytes that are read in turn. */
export class Cursor {
  at = 0;

  /** @param error what is thrown where the bytes end too early or a number is too large */
  constructor(
    readonly bytes: Uint8Array,
    readonly error: (why: string) => Error,
  ) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.at) throw this.error("it ends within a value");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  fixed32(): number {
    const { buffer, byteOffset } = this.take(4);
    return new DataView(buffer, byteOffset, 4).getUint32(0, true);
  }

  /** A whole number in groups of seven bits, the lowest first. */
  varint(): number {
    let value = 0;
    for (let factor = 1; factor < Number.MAX_SAFE_INTEGER; factor *= 128) {
      const byte = this.take(1)[0]!;
      value += (byte & 127) * factor;
      if (byte < 128 && value <= Number.MAX_SAFE_INTEGER) return value;
    }
    throw this.error("it has a number of more than 53 bits");
  }
}
