import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRandom } from "../../lib/counter-random.js";
import {
  hasDiverged,
  meanLosses,
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

test("smoothing leaves a straight line as it is, and does not trail: a lone peak stays where it is", () => {
  const rates = Array.from({ length: 100 }, (_, step) => rangeTestRate(step, 100));
  const line = smoothed(rates, rates.map(Math.log10));
  assertClose(line.slice(30, 70), rates.slice(30, 70).map(Math.log10), { absolute: 1e-9 });
  const peak = smoothed(
    rates,
    rates.map((_, step) => Number(step === 50)),
  );
  assert.equal(peak.indexOf(Math.max(...peak)), 50);
  assertClose([peak[40]!], [peak[60]!], { relative: 1e-9 });
});

test("the mean of tests goes as far as all of them came with numbers", () => {
  assert.deepEqual(
    meanLosses([
      [1, 2, 3],
      [3, 4],
    ]),
    [2, 3],
  );
  assert.deepEqual(
    meanLosses([
      [1, 2, Number.NaN, 4],
      [1, 2, 3, 4],
    ]),
    [1, 2],
  );
  assert.deepEqual(meanLosses([[Infinity]]), []);
});

test("a test has diverged where its last ten losses are four times the lowest ten, or hold what is no number", () => {
  const flat: number[] = Array(10).fill(1);
  assert.equal(hasDiverged([1, 1, 1]), false);
  assert.equal(hasDiverged([...flat, 30]), false); // the last ten have a mean of 3.9
  assert.equal(hasDiverged([...flat, 32]), true); // 4.1
  assert.equal(hasDiverged([...flat, Number.NaN]), true);
  assert.equal(hasDiverged([1, Infinity]), true);
  assert.ok(rangeTest().rates.length < 100);
});

test("the suggested rate is the first at which the loss has fallen nine tenths of its way", () => {
  const { rates, losses } = rangeTest();
  const curve = smoothed(rates, losses);
  const enough = 0.7 - 0.9 * (0.7 - Math.min(...curve));
  const suggested = suggestLearningRate(rates, losses)!;
  const at = rates.indexOf(suggested);
  assertClose([curve[at]!], [enough], { absolute: 0.02 }); // as far as one update moves the curve there
  assert.ok(curve.slice(0, at).every((loss) => loss > curve[at]!));
});

test("noise of an eighth of the fall moves the suggestion by no more than a factor of three", () => {
  for (const updates of [60, 100, 200]) {
    const clean = rangeTest({ updates });
    const expected = suggestLearningRate(clean.rates, clean.losses)!;
    for (let seed = 0; seed < 20; seed++) {
      const { rates, losses } = rangeTest({ updates, noise: 0.05, seed });
      const suggested = suggestLearningRate(rates, losses)!;
      assert.ok(
        suggested > expected / 3 && suggested < expected * 3,
        `${suggested} of ${updates}, seed ${seed}`,
      );
    }
  }
});

test("losses that differ by chance alone give no suggestion", () => {
  const rates = Array.from({ length: 100 }, (_, step) => rangeTestRate(step, 100));
  const random = new CounterRandom(5, 0);
  let suggestions = 0;
  for (let round = 0; round < 200; round++) {
    const losses = rates.map((_, step) => 0.7 + 0.05 * random.uniform(200 * round + step));
    if (suggestLearningRate(rates, losses) !== null) suggestions++;
  }
  assert.ok(suggestions < 200 / 10, `${suggestions} of 200`);
});

test("a loss that never falls gives no suggestion", () => {
  const rates = Array.from({ length: 50 }, (_, step) => rangeTestRate(step, 50));
  const rising = rates.map((_, step) => 1 + step / 50);
  assert.equal(suggestLearningRate(rates, rising), null);
  assert.equal(suggestLearningRate(rates, []), null);
  assert.equal(suggestLearningRate([1e-7], [1]), null); // too short to tell
});
