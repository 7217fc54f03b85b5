import assert from "node:assert/strict";
import { test } from "node:test";
import { pearson, spearman } from "../../../lib/metrics/correlation.js";
import { regressionMetrics } from "../../../lib/tasks/regression/metrics.js";
import { STORED_DIGITS } from "../../metrics/support.js";
import { goldenJson } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

interface Case {
  expected: number[];
  predicted: number[];
  pearson: number | null;
  spearman: number | null;
  meanSquaredError: number;
}

const { cases } = goldenJson<{ cases: Case[] }>("metrics_regression.json");

test("1,000 random cases have scipy's Pearson and Spearman correlation and scikit-learn's mean squared error", () => {
  assert.equal(cases.length, 1000);
  for (const { expected, predicted, ...reference } of cases) {
    const found = regressionMetrics(predicted, expected);
    for (const name of ["pearson", "spearman", "meanSquaredError"] as const) {
      const what = `${name} of ${predicted} and ${expected}`;
      if (reference[name] === null) assert.equal(found[name], null, what);
      else assertClose([found[name]!], [reference[name]], STORED_DIGITS, what);
    }
  }
});

test("the cases have constants, single rows, ties and values whose squares are zero among them", () => {
  assert.ok(cases.filter((one) => one.pearson === null && one.expected.length > 1).length > 100);
  assert.ok(cases.filter(({ expected }) => expected.length === 1).length > 100);
  const hasTies = (values: number[]) => new Set(values).size < values.length;
  assert.ok(cases.filter((one) => one.pearson !== null && hasTies(one.expected)).length > 100);
  assert.ok(cases.filter((one) => one.pearson !== null && Math.abs(one.expected[0]!) < 1e-160).length > 20);
});

test("where all values of a side are the same, or there is one row, no correlation is given", () => {
  for (const correlation of [pearson, spearman]) {
    assert.equal(correlation([1, 1, 1], [1, 2, 3]), null);
    assert.equal(correlation([1, 2, 3], [0.1, 0.1, 0.1]), null);
    assert.equal(correlation([1], [2]), null);
  }
});

test("a correlation never leaves the range that rounding could lead it out of", () => {
  for (let rows = 2; rows < 100; rows++) {
    const values = Array.from({ length: rows }, (_, row) => Math.sin(row));
    for (const other of [values, values.map((value) => -value)]) {
      const correlation = pearson(values, other)!;
      assert.ok(correlation >= -1 && correlation <= 1, `${correlation} of ${rows} rows`);
    }
  }
});
