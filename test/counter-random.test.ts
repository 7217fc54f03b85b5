import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRandom, threefry2x32 } from "../lib/counter-random.js";

test("Threefry gives the known answers of its authors' library", () => {
  // Random123, tests/kat_vectors: threefry2x32, 20 rounds.
  assert.deepEqual(threefry2x32([0, 0], 0, 0), [0x6b200159, 0x99ba4efe]);
  const ones = 0xffffffff;
  assert.deepEqual(threefry2x32([ones, ones], ones, ones), [0x1cb996fc, 0xbb002be7]);
  assert.deepEqual(threefry2x32([0x13198a2e, 0x03707344], 0x243f6a88, 0x85a308d3), [0xc4923a9c, 0x483df7a0]);
});

test("a number depends on seed, stream and index, and on nothing drawn before", () => {
  const random = new CounterRandom(1, 2);
  const later = random.uniform(1_000_003);
  assert.equal(new CounterRandom(1, 2).uniform(1_000_003), later);
  const others = [
    [1, 3, 1_000_003],
    [2, 2, 1_000_003],
    [1 + 2 ** 32, 2, 1_000_003],
    [-1, 2, 1_000_003],
    [1, 2, 1_000_004],
  ];
  for (const [seed, stream, index] of others) {
    assert.notEqual(new CounterRandom(seed!, stream!).uniform(index!), later);
  }
});

test("numbers are uniform in [0, 1), and neighbours are independent", () => {
  const random = new CounterRandom(5, 0);
  const draws = Array.from({ length: 100_000 }, (_, index) => random.uniform(index));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(draws.every((draw) => draw >= 0 && draw < 1));
  // Standard errors: mean 0.289 / sqrt(n) = 0.0009, variance 0.0745 / sqrt(n) = 0.00024, covariance 0.00026.
  assert.ok(Math.abs(mean(draws) - 1 / 2) < 0.005);
  assert.ok(Math.abs(mean(draws.map((draw) => (draw - 0.5) ** 2)) - 1 / 12) < 0.0012);
  const products = draws.slice(1).map((draw, index) => (draw - 0.5) * (draws[index]! - 0.5));
  assert.ok(Math.abs(mean(products)) < 0.0013);
});
