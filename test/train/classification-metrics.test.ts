import assert from "node:assert/strict";
import { test } from "node:test";
import { classificationMetrics } from "../../lib/train/classification-metrics.js";
import { assertClose } from "../support/tolerance.js";

test("accuracy and macro F1 are those of scikit-learn", () => {
  // f1_score([0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 0], average="macro"): F1 of 1/2, 4/5 and 2/3.
  const { accuracy, macroF1 } = classificationMetrics([0, 1, 1, 1, 2, 0], [0, 0, 1, 1, 2, 2], 3);
  assert.equal(accuracy, 4 / 6);
  assertClose([macroF1], [(1 / 2 + 4 / 5 + 2 / 3) / 3], { relative: 1e-15 });
});

test("a label that is predicted but never right counts with an F1 of 0; one that does not occur is left out", () => {
  assert.equal(classificationMetrics([0, 1], [0, 0], 2).macroF1, 2 / 3 / 2);
  assert.equal(classificationMetrics([0, 1], [0, 1], 5).macroF1, 1);
});
