import assert from "node:assert/strict";
import { test } from "node:test";
import { calibration } from "../../lib/metrics/calibration.js";
import { goldenJson } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";
import { digits, STORED_DIGITS } from "./support.js";

interface Case {
  bins: number;
  confidences: number[];
  correct: string;
  counts: number[];
  error: number;
}

const { cases } = goldenJson<{ cases: Case[] }>("metrics_calibration.json");

test("1,000 random cases have the reference's expected calibration error and counts, confidences on the edges too", () => {
  assert.equal(cases.length, 1000);
  const onEdge = ({ confidences, bins }: Case) =>
    confidences.some((c) => c < 1 && Number.isInteger(c * bins));
  assert.ok(cases.filter(onEdge).length > 100);
  for (const { bins, confidences, correct, counts, error } of cases) {
    const result = calibration(confidences, digits(correct).map(Boolean), bins);
    assert.deepEqual(
      result.bins.map(({ count }) => count),
      counts,
    );
    assertClose([result.expectedCalibrationError], [error], STORED_DIGITS, `${confidences} ${correct}`);
  }
});

test("a bin has its rows' mean confidence and accuracy; an empty one has neither", () => {
  const { bins, expectedCalibrationError } = calibration([0.5, 0.75, 1], [true, false, true], 2);
  assert.deepEqual(bins, [
    { from: 0, to: 0.5, count: 1, confidence: 0.5, accuracy: 1 },
    { from: 0.5, to: 1, count: 2, confidence: 0.875, accuracy: 0.5 },
  ]);
  assertClose([expectedCalibrationError], [0.5 / 3 + (0.375 * 2) / 3], { relative: 1e-15 });
  assert.deepEqual(calibration([1], [true], 2).bins[0], {
    from: 0,
    to: 0.5,
    count: 0,
    confidence: null,
    accuracy: null,
  });
});
