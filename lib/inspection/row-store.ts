import type { InspectedRow } from "../tasks/inspection.js";
import { distinctTexts, excerptOf, joinedTexts } from "./excerpt.js";
import { GrowingArray } from "./growing-array.js";
import { type MinHash, SIGNATURE_LENGTH } from "./min-hash.js";
import { normalForm, wordsOf } from "./normal-form.js";
import { textHash } from "./text-hash.js";

/** What is kept of rows: about 300 bytes of each, and the beginnings of its texts and of what is right for it. */
export class RowStore {
  readonly #minHash: MinHash;
  readonly #keys = new GrowingArray(new Float64Array(1024));
  readonly #targets = new GrowingArray(new Float64Array(1024));
  readonly #signatures = new GrowingArray(new Uint16Array(1024 * SIGNATURE_LENGTH));
  readonly #excerpts = new TextStore();
  readonly #targetTexts = new TextStore();
  readonly #places = new PlaceStore();

  constructor(minHash: MinHash) {
    this.#minHash = minHash;
  }

  get rows(): number {
    return this.#keys.length;
  }

  /** A hash of each row's texts in their normal form; NaN where all are empty. */
  get keys(): Float64Array {
    return this.#keys.values;
  }

  /** A hash of what is right for each row; NaN where there is nothing. */
  get targets(): Float64Array {
    return this.#targets.values;
  }

  /** Of the rows with texts; zeros for others. */
  get signatures(): Uint16Array {
    return this.#signatures.values;
  }

  add({ location, inputs, target }: InspectedRow): void {
    const normal = distinctTexts(inputs).map(normalForm);
    const isEmpty = normal.every((text) => text === "");
    this.#keys.push(isEmpty ? Number.NaN : textHash(normal.join("\0")));
    this.#targets.push(target === undefined ? Number.NaN : textHash(target));
    const signature = this.#signatures.extend(SIGNATURE_LENGTH);
    if (!isEmpty) this.#minHash.sign(normal.map(wordsOf), signature);
    this.#excerpts.add(joinedTexts(inputs));
    this.#targetTexts.add(target ?? "");
    this.#places.add(location);
  }

  locationOf(row: number): string {
    return this.#places.at(row);
  }

  /** The beginning of a row's texts. */
  excerptOf(row: number): string {
    return this.#excerpts.at(row);
  }

  /** The beginning of what is right for a row. */
  targetOf(row: number): string {
    return this.#targetTexts.at(row);
  }
}

/** The beginnings of texts, in one array of bytes: as strings they would keep what they were cut from in memory. */
class TextStore {
  readonly #bytes = new GrowingArray(new Uint8Array(2 ** 16));
  readonly #starts = new GrowingArray(new Float64Array(1024));

  add(text: string): void {
    const bytes = Buffer.from(excerptOf(text));
    this.#starts.push(this.#bytes.length);
    this.#bytes.extend(bytes.length).set(bytes);
  }

  at(index: number): string {
    const { values: starts } = this.#starts;
    const { values: bytes } = this.#bytes;
    return Buffer.from(bytes.subarray(starts[index]!, starts[index + 1])).toString();
  }
}

/** Locations that mostly differ in the number at their end alone. */
class PlaceStore {
  readonly #prefixes = new Map<string, number>();
  readonly #prefixOf = new GrowingArray(new Uint32Array(1024));
  readonly #numbers = new GrowingArray(new Float64Array(1024));

  add(location: string): void {
    const digits = /[1-9]\d{0,14}$/.exec(location)?.[0] ?? "";
    const prefix = location.slice(0, location.length - digits.length);
    const known = this.#prefixes.get(prefix) ?? this.#prefixes.size;
    this.#prefixes.set(prefix, known);
    this.#prefixOf.push(known);
    this.#numbers.push(digits === "" ? Number.NaN : Number(digits));
  }

  at(index: number): string {
    const prefix = [...this.#prefixes.keys()][this.#prefixOf.values[index]!]!;
    const number = this.#numbers.values[index]!;
    return Number.isNaN(number) ? prefix : `${prefix}${number}`;
  }
}
