import assert from "node:assert/strict";
import { test } from "node:test";
import { confidentJoint, normalisedMargin } from "../../lib/inspection/confident-learning.js";
import { dealFolds } from "../../lib/inspection/out-of-sample.js";
import { goldenJson } from "../support/golden.js";

interface Golden {
  labels: number[];
  probabilities: number[][];
  confidentJoint: number[][];
  suspects: number[];
  margins: number[];
}

const golden = goldenJson<Golden>("confident_learning.json");
const { labels, probabilities } = golden;

test("the confident joint and the rows off its diagonal are cleanlab's", () => {
  const { counts, confidentClasses } = confidentJoint({ labels, probabilities, classes: 4 });
  assert.deepEqual(counts, golden.confidentJoint);
  const isSuspect = (row: number) => confidentClasses[row]! >= 0 && confidentClasses[row] !== labels[row];
  assert.deepEqual([...labels.keys()].filter(isSuspect), golden.suspects);
});

test("normalised margins are cleanlab's", () => {
  for (const [row, margin] of golden.margins.entries()) {
    const own = normalisedMargin(probabilities[row]!, labels[row]!);
    assert.ok(Math.abs(own - margin) < 1e-12, `row ${row}: ${own}, not ${margin}`);
  }
});

test("a class without rows is nobody's, and none that is right counts as one", () => {
  const joint = confidentJoint({
    labels: [0, 0],
    probabilities: [
      [0.2, 0.1, 0.7],
      [0.4, 0.5, 0.1],
    ],
    classes: 3,
  });
  assert.deepEqual(joint.thresholds[1], Number.POSITIVE_INFINITY);
  assert.deepEqual([...joint.confidentClasses], [-1, 0]);
  assert.deepEqual(joint.counts, [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
});

test("folds are nearly equal, of one size with every seed, and rows with the same texts are in one", () => {
  const keys = Float64Array.from({ length: 400 }, (_, row) => row % 200);
  const folds = dealFolds(keys, 3, 1);
  for (let row = 0; row < 200; row++) assert.equal(folds[row], folds[row + 200]);
  const sizes = [0, 1, 2].map((fold) => folds.filter((own) => own === fold).length);
  assert.deepEqual(sizes, [134, 134, 132]);
  assert.deepEqual(dealFolds(keys, 3, 1), folds);
  assert.notDeepEqual(dealFolds(keys, 3, 2), folds);
});
