import assert from "node:assert/strict";
import { test } from "node:test";
import { multiLabelMetrics, scoresOfLabels } from "../../../lib/tasks/multi-label/metrics.js";
import { bestThresholds } from "../../../lib/tasks/multi-label/thresholds.js";
import { digits, STORED_DIGITS, toRow } from "../../metrics/support.js";
import { goldenJson } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

interface Case {
  labels: number;
  expected: string[];
  predicted: string[];
  scores: number[][];
  microF1: number;
  macroF1: number;
  subsetAccuracy: number;
  scoresOfLabels: [precision: number, recall: number, f1: number, support: number][];
  thresholds: number[];
}

const { cases } = goldenJson<{ cases: Case[] }>("metrics_multi_label.json");

test("1,000 random cases have scikit-learn's micro and macro F1, subset accuracy and scores of each label", () => {
  assert.equal(cases.length, 1000);
  for (const { labels, expected, predicted, ...reference } of cases) {
    const [predictedSets, expectedSets] = [predicted.map(digits), expected.map(digits)];
    const { microF1, macroF1, subsetAccuracy } = multiLabelMetrics(predictedSets, expectedSets, labels);
    assertClose(
      [microF1, macroF1, subsetAccuracy],
      [reference.microF1, reference.macroF1, reference.subsetAccuracy],
      STORED_DIGITS,
      `${expected} predicted as ${predicted}`,
    );
    const scores = scoresOfLabels(predictedSets, expectedSets, labels);
    assertClose(scores.flatMap(toRow), reference.scoresOfLabels.flat(), STORED_DIGITS, `${expected}`);
  }
});

test("1,000 random cases have the thresholds that trying them all finds", () => {
  for (const { labels, expected, scores, thresholds } of cases) {
    const found = bestThresholds(scores, expected.map(digits), labels);
    assertClose(found, thresholds, STORED_DIGITS, `${JSON.stringify(scores)} ${expected}`);
  }
});

test("the cases have rows and labels without any label, equal scores, and nothing predicted among them", () => {
  const isEmpty = (rows: string[]) => rows.every((row) => !row.includes("1"));
  assert.ok(cases.filter(({ expected }) => isEmpty(expected)).length > 50);
  assert.ok(cases.filter(({ expected, predicted }) => isEmpty(predicted) && !isEmpty(expected)).length > 50);
  const hasTies = (scores: number[][]) => new Set(scores.map(([first]) => first)).size < scores.length;
  assert.ok(cases.filter(({ scores }) => hasTies(scores)).length > 50);
});

test("a label that no row has, or that 0.5 already finds as well as can be, keeps the threshold of 0.5", () => {
  const bothLabels = [[1, 0]];
  assert.deepEqual(bestThresholds([[0.9, 0.9]], bothLabels, 2), [0.5, 0.5]);
  assert.deepEqual(bestThresholds([[0.9], [0.4], [0.2]], [[1], [0], [0]], 1), [0.5]);
});

test("equal scores are never parted, and of equally good thresholds the nearest to 0.5 wins, then the higher", () => {
  // Both 0.2s count as predicted: F1 of 2/3, between 0.2 and its neighbour 0.
  assert.deepEqual(bestThresholds([[0.2], [0.2]], [[1], [0]], 1), [0.1]);
  // F1 is 2/3 above 0.75 (1 of 1 found) and at 0.25 (2 of 4): both are 0.25 away.
  const scores = [[1], [0.5], [0.5], [0]];
  assert.deepEqual(bestThresholds(scores, [[1], [0], [0], [1]], 1), [0.75]);
  // A lowest score of 0 is reached by a threshold of 0.
  assert.deepEqual(bestThresholds([[0], [0]], [[1], [1]], 1), [0]);
});
