import { draw, type Key } from "./keyed-draws.js";

const ROUNDS = 8;

/**
 * A random order of the numbers 0 to `count - 1` that takes no memory: any position of it can be asked for alone.
 *
 * A number is written as a row and a column of a square that is just large enough, and a Feistel network moves both;
 * a result beyond `count` goes through it again (Black and Rogaway, "Ciphers with Arbitrary Finite Domains",
 * CT-RSA 2002).
 */
export class IndexShuffle {
  readonly #rows: number;
  readonly #columns: number;

  /** @param count how many numbers, up to 2^50 */
  constructor(
    readonly count: number,
    readonly key: Key,
  ) {
    this.#columns = Math.ceil(Math.sqrt(count));
    this.#rows = Math.ceil(count / this.#columns);
  }

  /** The number at a position, 0 to `count - 1`, of the order. */
  at(position: number): number {
    let index = position;
    do index = this.#encrypt(index);
    while (index >= this.count);
    return index;
  }

  #encrypt(index: number): number {
    let row = Math.floor(index / this.#columns);
    let column = index % this.#columns;
    for (let round = 0; round < ROUNDS; round += 2) {
      row = (row + draw(this.key, column, round)[0]) % this.#rows;
      column = (column + draw(this.key, row, round + 1)[0]) % this.#columns;
    }
    return row * this.#columns + column;
  }
}
