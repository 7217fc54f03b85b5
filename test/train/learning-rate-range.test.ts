import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRandom } from "../../lib/counter-random.js";
import {
  hasDiverged,
  rangeTestRate,
  smoothed,
  suggestLearningRate,
} from "../../lib/train/learning-rate-range.js";
import { assertClose } from "../support/tolerance.js";

/** A test of a loss that falls from 0.7 to 0.3 around the rate 1e-4, and explodes above 2e-3. */
function rangeTest({ updates = 100, noise = 0, seed = 1 } = {}) {
  const random = new CounterRandom(seed, 0);
  const normal = (index: number) =>
    Math.sqrt(-2 * Math.log(1 - random.uniform(2 * index))) *
    Math.cos(2 * Math.PI * random.uniform(2 * index + 1));
  const rates: number[] = [];
  const losses: number[] = [];
  while (rates.length < updates && !(losses.length > 0 && hasDiverged(losses))) {
    const rate = rangeTestRate(rates.length, updates);
    rates.push(rate);
    losses.push(0.7 - 0.4 / (1 + (1e-4 / rate) ** 1.5) + (rate / 2e-3) ** 2 + noise * normal(rates.length));
  }
  return { rates, losses };
}

test("the rate rises exponentially from 1e-7 to 1", () => {
  const rates = Array.from({ length: 8 }, (_, step) => rangeTestRate(step, 8));
  assertClose(rates, [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1], { relative: 1e-12 });
});

test("smoothing is a moving average that starts at the first loss", () => {
  assertClose(smoothed([5, 5, 5]), [5, 5, 5], { relative: 1e-12 });
  // (0.9 · 0.1 · 1 + 0.1 · 2) / (1 - 0.9²)
  assertClose(smoothed([1, 2]), [1, 0.29 / 0.19], { relative: 1e-12 });
});

test("a test has diverged at four times its lowest smoothed loss, or at a loss that is no number", () => {
  assert.equal(hasDiverged([1, 1, 1]), false);
  assert.equal(hasDiverged([1, 25]), true); // smoothed: 13.6
  assert.equal(hasDiverged([1, 6.5]), false); // smoothed: 3.9
  assert.equal(hasDiverged([1, Number.NaN]), true);
  assert.equal(hasDiverged([1, Infinity]), true);
  assert.ok(rangeTest().rates.length < 100);
});

test("the suggested rate is where the loss falls most steeply", () => {
  const { rates, losses } = rangeTest();
  const suggested = suggestLearningRate(rates, losses)!;
  assert.ok(suggested > 0.8e-4 && suggested < 1.2e-4, `${suggested}`); // one update is a factor of 1.18
  assert.ok(rates.includes(suggested));
});

test("noise of an eighth of the fall moves the suggestion by no more than a factor of four", () => {
  for (let seed = 0; seed < 20; seed++) {
    for (const updates of [60, 100, 200]) {
      const { rates, losses } = rangeTest({ updates, noise: 0.05, seed });
      const suggested = suggestLearningRate(rates, losses)!;
      assert.ok(suggested > 1e-4 / 4 && suggested < 1e-4 * 4, `${suggested} of ${updates}, seed ${seed}`);
    }
  }
});

test("a loss that ends in NaN gives the suggestion of what came before", () => {
  const { rates, losses } = rangeTest();
  const suggested = suggestLearningRate(rates, losses);
  assert.equal(suggestLearningRate([...rates, 1], [...losses, Number.NaN]), suggested);
});

test("a loss that never falls gives no suggestion", () => {
  const rates = Array.from({ length: 50 }, (_, step) => rangeTestRate(step, 50));
  const rising = rates.map((_, step) => 1 + step / 50);
  assert.equal(suggestLearningRate(rates, rising), null);
  assert.equal(suggestLearningRate(rates.slice(0, 3), [3, 2, 1]), null); // too short to tell
  assert.equal(suggestLearningRate([1e-7], [Number.NaN]), null);
});
