/**
 * Random numbers addressed by index instead of drawn in turn: draw 1,000,003 costs what draw 0 costs, so a run
 * can resume, or a test can look, anywhere without replaying what came before.
 *
 * The generator is Threefry-2x32 with 20 rounds (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3",
 * SC 2011): 32-bit additions, rotations and exclusive-ors only, which JavaScript does natively.
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
const KEY_PARITY = 0x1bd11bda; // keeps an all-zero key from giving an all-zero schedule (section 3.3)
const ROUNDS = 20;

/** Threefry-2x32-20 of one 64-bit counter under one 64-bit key, each given as two 32-bit words. */
export function threefry2x32(
  key: readonly [number, number],
  counter0: number,
  counter1: number,
): [number, number] {
  const schedule = [key[0], key[1], KEY_PARITY ^ key[0] ^ key[1]];
  let x0 = (counter0 + key[0]) | 0;
  let x1 = (counter1 + key[1]) | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const rotation = ROTATIONS[round & 7]!;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    if ((round & 3) === 3) {
      const injection = (round + 1) >>> 2;
      x0 = (x0 + schedule[injection % 3]!) | 0;
      x1 = (x1 + schedule[(injection + 1) % 3]! + injection) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/** One stream of uniform random numbers, a pure function of (seed, stream, index). */
export class CounterRandom {
  readonly #key: readonly [number, number];
  readonly #stream: number;

  /**
   * @param seed any integer that a number holds exactly
   * @param stream which of the seed's independent streams, 0 to 2^32 - 1
   */
  constructor(seed: number, stream: number) {
    this.#key = [seed | 0, Math.floor(seed / 2 ** 32) | 0];
    this.#stream = stream;
  }

  /** Number `index` (0 to 2^32 - 1) of the stream: uniform in [0, 1), with 53 random bits. */
  uniform(index: number): number {
    const [high, low] = threefry2x32(this.#key, index, this.#stream);
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
  }

  /** Shuffles in place (Fisher-Yates), using numbers 0 to `items.length - 1` of the stream. */
  shuffle(items: Int32Array): void {
    for (let last = items.length - 1; last > 0; last--) {
      const chosen = Math.floor(this.uniform(last) * (last + 1));
      const held = items[last]!;
      items[last] = items[chosen]!;
      items[chosen] = held;
    }
  }
}
