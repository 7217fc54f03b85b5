type Numbers = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

/** A typed array that more can be put at the end of. */
export class GrowingArray<Values extends Numbers> {
  #values: Values;
  #length = 0;

  /** @param empty an array of the type; its size is what is made room for at first */
  constructor(empty: Values) {
    this.#values = empty;
  }

  get length(): number {
    return this.#length;
  }

  /** What is in it; good until more is added. */
  get values(): Values {
    return this.#values.subarray(0, this.#length) as Values;
  }

  /** Room for some more values at the end, to be written to. */
  extend(count: number): Values {
    const end = this.#length + count;
    if (end > this.#values.length) {
      const Type = this.#values.constructor as new (length: number) => Values;
      const larger = new Type(Math.max(end, Math.ceil(this.#values.length * 1.5)));
      larger.set(this.#values.subarray(0, this.#length));
      this.#values = larger;
    }
    const room = this.#values.subarray(this.#length, end) as Values;
    this.#length = end;
    return room;
  }

  push(value: number): void {
    this.extend(1)[0] = value;
  }
}
