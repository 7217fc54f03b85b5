import assert from "node:assert/strict";
import { test } from "node:test";
import { classificationMetrics, confusionMatrix, scoresOfClasses } from "../../lib/metrics/classification.js";
import { goldenJson } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";
import { digits, STORED_DIGITS, toRow } from "./support.js";

interface Case {
  labels: number;
  expected: string;
  predicted: string;
  matrix: number[][];
  accuracy: number;
  f1?: number;
  macroF1: number;
  matthews: number;
  classes: [precision: number, recall: number, f1: number, support: number][];
}

const { cases } = goldenJson<{ cases: Case[] }>("metrics_classification.json");

test("1,000 random cases have scikit-learn's confusion matrix, accuracy, F1, Matthews correlation and class scores", () => {
  assert.equal(cases.length, 1000);
  for (const { labels, expected, predicted, ...reference } of cases) {
    const what = `${expected} predicted as ${predicted}`;
    const matrix = confusionMatrix(digits(predicted), digits(expected), labels);
    assert.deepEqual(matrix, reference.matrix, what);
    const { accuracy, f1, macroF1, matthewsCorrelation } = classificationMetrics(matrix);
    assert.equal(f1 === undefined, reference.f1 === undefined, what);
    assertClose(
      [accuracy, f1 ?? 0, macroF1, matthewsCorrelation],
      [reference.accuracy, reference.f1 ?? 0, reference.macroF1, reference.matthews],
      STORED_DIGITS,
      what,
    );
    assertClose(scoresOfClasses(matrix).flatMap(toRow), reference.classes.flat(), STORED_DIGITS, what);
  }
});

test("the cases have one class only, a class that is never predicted, and single rows among them", () => {
  const distinct = (text: string) => new Set(text).size;
  assert.ok(cases.filter(({ expected }) => distinct(expected) === 1).length > 100);
  assert.ok(cases.filter(({ expected, predicted }) => distinct(expected + predicted) === 1).length > 50);
  const unpredicted = ({ expected, predicted }: Case) => [...expected].some((c) => !predicted.includes(c));
  assert.ok(cases.filter(unpredicted).length > 100);
  assert.ok(cases.filter(({ expected }) => expected.length === 1).length > 100);
});

test("F1 of class 1 is there for two labels alone, whatever classes the rows have", () => {
  assert.equal(classificationMetrics(confusionMatrix([0], [0], 2)).f1, 0);
  assert.ok(!("f1" in classificationMetrics(confusionMatrix([0, 1], [0, 1], 3))));
});

test("the matrix has true classes down and predicted ones across", () => {
  assert.deepEqual(confusionMatrix([1, 1, 0], [0, 1, 0], 2), [
    [1, 1],
    [0, 1],
  ]);
});
