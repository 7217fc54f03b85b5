import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { argmax } from "../../lib/arrays.js";
import { abstentionFigures, abstentionFor } from "../../lib/calibration/abstention.js";
import { calibrateChoices } from "../../lib/calibration/calibrate.js";
import { conformalQuantile } from "../../lib/calibration/conformal-quantile.js";
import { coverageOf, intervalFor } from "../../lib/calibration/interval.js";
import {
  predictionSet,
  predictionSetFigures,
  predictionSetsFor,
  SET_METHODS,
} from "../../lib/calibration/prediction-sets.js";
import { probabilitiesOf } from "../../lib/calibration/scored-row.js";
import { bestTemperature } from "../../lib/calibration/temperature.js";
import { assertClose } from "../support/tolerance.js";

const logit = fc.double({ min: -30, max: 30, noNaN: true });
const logits = fc.array(logit, { minLength: 2, maxLength: 6 });
const scoredRow = logits.chain((some) =>
  fc.record({ logits: fc.constant(some), right: fc.integer({ min: 0, max: some.length - 1 }) }),
);

test("a temperature is above 0 and has a loss that is no higher, or there is none that is the best", () => {
  fc.assert(
    fc.property(fc.array(scoredRow, { minLength: 1, maxLength: 12 }), (rows) => {
      const temperature = bestTemperature(rows);
      const { loss } = calibrateChoices(rows);
      assert.ok(temperature === null || (temperature > 0 && Number.isFinite(temperature)));
      assert.ok(loss!.after <= loss!.before * (1 + 1e-12), `${loss!.after} after ${loss!.before}`);
    }),
  );
});

test("no temperature changes which logit is the highest", () => {
  fc.assert(
    fc.property(logits, fc.double({ min: 0.01, max: 100, noNaN: true }), (some, temperature) => {
      const probabilities = probabilitiesOf(some, temperature);
      assertClose([probabilities.reduce((sum, one) => sum + one)], [1], { relative: 1e-12 });
      assert.equal(probabilities[argmax(some)], Math.max(...probabilities)); // others may round to the same
    }),
  );
});

test("rows that are all right, or no better than chance, have no best temperature: it stays 1", () => {
  const allRight = [
    { logits: [2, 1], right: 0 },
    { logits: [0, 0.1], right: 1 },
  ];
  const chance = [
    { logits: [2, 1], right: 0 },
    { logits: [2, 1], right: 1 },
  ];
  for (const rows of [allRight, chance]) {
    assert.equal(bestTemperature(rows), null);
    assert.equal(calibrateChoices(rows).temperature, 1);
  }
});

test("a threshold is the lowest that leaves the wanted precision, with Wilson's interval", () => {
  const scores = [0.9, 0.8, 0.8, 0.7, 0.6];
  const isRight = [true, true, false, true, false];
  const found = abstentionFor(0.75, scores, isRight)!;
  const { threshold, used, right, share } = found;
  assert.deepEqual({ threshold, used, right, share }, { threshold: 0.7, used: 4, right: 3, share: 0.8 });
  // scipy: binomtest(3, 4).proportion_ci(method="wilson")
  assertClose(found.precisionBetween, [0.30064184258240184, 0.9544127391902995], {
    relative: 1e-14,
  });
  assert.deepEqual(abstentionFigures(found, scores, isRight), { used: 4, share: 0.8, precision: 0.75 });
  assert.equal(abstentionFor(0.9, scores, isRight)!.threshold, 0.9); // of the two 0.8 neither without the other
  assert.equal(abstentionFor(0.5, [0.9, 0.8], [false, false]), null);
  assert.equal(abstentionFigures(found, [0.1], [true]).precision, null);
});

test("a quantile is the ⌈(n + 1) coverage⌉-th smallest score; fewer rows than that are refused with how many it takes", () => {
  const scores = [0.5, 0.1, 0.4, 0.2, 0.3, 0.9, 0.8, 0.7, 0.6];
  assert.equal(conformalQuantile(scores, 0.9), 0.9);
  assert.equal(conformalQuantile(scores, 0.7), 0.7); // 10 * 0.7 is 7 and a rounding error
  assert.equal(conformalQuantile(scores, 0.71), 0.8);
  assert.throws(() => conformalQuantile(scores, 0.95), {
    code: "ERR_DATA",
    message: "Expected at least 19 rows to calibrate on, which a coverage of 0.95 needs, but received 9",
  });
  assert.equal(
    conformalQuantile(
      Array.from({ length: 19 }, (_, score) => score),
      0.95,
    ),
    18,
  );
});

/** A generator of numbers from 0 to 1, the same for the same seed (Park and Miller, 1988). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Rows of 4 classes from one source, whose logits say something of what is right. */
function drawn(count: number, uniform: () => number) {
  const right = Array.from({ length: count }, () => Math.floor(4 * uniform()));
  const probabilities = right.map((own) =>
    probabilitiesOf(Array.from({ length: 4 }, (_, id) => 2 * uniform() + (id === own ? 2 * uniform() : 0))),
  );
  return { right, probabilities };
}

const RUNS = 300;
const CALIBRATION_ROWS = 40;
/** A mean of so many runs with one test row each is further from its expectation once in a million draws. */
const FIVE_DEVIATIONS = (share: number) => 5 * Math.sqrt((share * (1 - share)) / RUNS);

test("over many draws, sets hold what is right as often as wanted, and those of LAC no more than 1 / (n + 1) more often", () => {
  const uniform = uniforms(1);
  for (const method of SET_METHODS) {
    let holding = 0;
    for (let run = 0; run < RUNS; run++) {
      const { right, probabilities } = drawn(CALIBRATION_ROWS, uniform);
      const sets = predictionSetsFor({ method, coverage: 0.8 }, probabilities, right);
      const test = drawn(1, uniform);
      if (predictionSet(sets, test.probabilities[0]!).includes(test.right[0]!)) holding++;
    }
    const share = holding / RUNS;
    assert.ok(share > 0.8 - FIVE_DEVIATIONS(0.8), `${method} holds ${share}`);
    if (method === "lac")
      assert.ok(share < 0.8 + 1 / (CALIBRATION_ROWS + 1) + FIVE_DEVIATIONS(0.8), `holds ${share}`);
  }
});

test("over many draws, intervals hold what is right as often as wanted", () => {
  const uniform = uniforms(2);
  let holding = 0;
  const numbers = (count: number) => {
    const predicted = Array.from({ length: count }, uniform);
    return { predicted, right: predicted.map((one) => one + uniform() - 0.3) };
  };
  for (let run = 0; run < RUNS; run++) {
    const { predicted, right } = numbers(CALIBRATION_ROWS);
    const interval = intervalFor(0.8, predicted, right);
    const test = numbers(1);
    holding += coverageOf(interval, test.predicted, test.right);
  }
  const share = holding / RUNS;
  const slack = FIVE_DEVIATIONS(0.8);
  assert.ok(share > 0.8 - slack && share < 0.8 + 1 / (CALIBRATION_ROWS + 1) + slack, `holds ${share}`);
});

test("a set begins with the likeliest; one of LAC may be empty, one of APS has the label that crosses the quantile", () => {
  const probabilities = [0.2, 0.5, 0.3];
  assert.deepEqual(predictionSet({ method: "lac", quantile: 0.7 }, probabilities), [1, 2]);
  assert.deepEqual(predictionSet({ method: "lac", quantile: 0.4 }, probabilities), []);
  assert.deepEqual(predictionSet({ method: "aps", quantile: 0.6 }, probabilities), [1, 2]);
  assert.deepEqual(predictionSet({ method: "aps", quantile: 0.1 }, probabilities), [1]);
  assert.deepEqual(predictionSet({ method: "aps", quantile: 2 }, probabilities), [1, 2, 0]);
  assert.deepEqual(
    predictionSetFigures({ method: "lac", quantile: 0.5 }, [probabilities, [0.4, 0.4, 0.2]], [1, 0]),
    {
      coverage: 0.5,
      meanSize: 0.5,
      empty: 1,
    },
  );
});
