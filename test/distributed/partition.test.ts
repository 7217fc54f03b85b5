import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRandom } from "../../lib/counter-random.js";
import { partitionByLength } from "../../lib/distributed/partition.js";

/** Lengths of `count` sequences, up to 128. */
function lengthsOf(seed: number, count: number): number[] {
  const random = new CounterRandom(seed, 0);
  return Array.from({ length: count }, (_, index) => 5 + Math.floor(random.uniform(index) * 124));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test("every item goes to one rank, and each rank has as many as the others", () => {
  for (let seed = 0; seed < 200; seed++) {
    const size = 1 + (seed % 9);
    const lengths = lengthsOf(seed, size * 8);
    const hands = Array.from({ length: size }, (_, rank) => partitionByLength(lengths, { rank, size }));
    assert.deepEqual(
      hands.flat().sort((a, b) => a - b),
      [...lengths.keys()],
    );
    for (const hand of hands) assert.equal(hand.length, 8);
  }
});

test("items that do not divide evenly go to ranks that have at most one more, or none", () => {
  for (let count = 0; count < 20; count++) {
    const hands = Array.from({ length: 6 }, (_, rank) =>
      partitionByLength(lengthsOf(count, count), { rank, size: 6 }),
    );
    const sizes = hands.map(({ length }) => length);
    assert.equal(sum(sizes), count);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`);
  }
});

test("ranks have the same number of tokens: within the length of one sequence, and 2 % of 32 of them", () => {
  for (let seed = 0; seed < 200; seed++) {
    const lengths = lengthsOf(seed, 4 * 32);
    const tokens = [0, 1, 2, 3].map((rank) =>
      sum(partitionByLength(lengths, { rank, size: 4 }).map((item) => lengths[item]!)),
    );
    const spread = Math.max(...tokens) - Math.min(...tokens);
    assert.ok(spread <= 128, `${tokens}`);
    assert.ok(spread <= 0.02 * Math.max(...tokens), `${tokens}`);
  }
});
