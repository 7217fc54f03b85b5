import assert from "node:assert/strict";
import { test } from "node:test";
import { instancesKey } from "../../../lib/data/pretraining/keyed-draws.js";
import { truncatePair } from "../../../lib/data/pretraining/truncation.js";

test("the longer segment loses tokens, one by one, until both fit", () => {
  for (const [lengthA, lengthB] of [
    [5, 5],
    [30, 4],
    [4, 30],
    [30, 31],
    [31, 30],
    [200, 1],
    [1, 200],
    [9, 12],
  ]) {
    for (const budget of [2, 9, 20, 61]) {
      let [a, b] = [lengthA!, lengthB!];
      while (a + b > budget) a > b ? a-- : b--;
      const kept = truncatePair(lengthA!, lengthB!, budget, instancesKey(1, budget));
      assert.deepEqual([kept.lengthA, kept.lengthB], [a, b]);
      assert.ok(kept.startA >= 0 && kept.startA + a <= lengthA!);
      assert.ok(kept.startB >= 0 && kept.startB + b <= lengthB!);
    }
  }
});

test("each token goes from the front or the back as a fair coin falls", () => {
  const [runs, cut] = [20_000, 100];
  const fronts = Array.from(
    { length: runs },
    (_, run) => truncatePair(200, 60, 160, instancesKey(1, run)).startA,
  );
  const mean = fronts.reduce((sum, front) => sum + front, 0) / runs;
  const variance = fronts.reduce((sum, front) => sum + (front - mean) ** 2, 0) / runs;
  // Binomial: mean 50 and variance 25, known to 5 / sqrt(20,000) = 0.035 and 25 * sqrt(2 / 20,000) = 0.25; five of each.
  assert.ok(Math.abs(mean - cut / 2) < 0.18, `${mean}`);
  assert.ok(Math.abs(variance - cut / 4) < 1.25, `${variance}`);
});
