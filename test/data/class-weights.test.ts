import assert from "node:assert/strict";
import { test } from "node:test";
import { classWeightsOf, countClasses } from "../../lib/data/class-weights.js";

const LABELS = ["bad", "good", "mixed"];

test("balanced weights are scikit-learn's: every class has the same total", () => {
  const counts = countClasses([0, 1, 1, 1, 1, 1, 2, 2], 3);
  assert.deepEqual(counts, [1, 5, 2]);
  // compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 1, 1, 1, 1, 1, 2, 2]) of scikit-learn
  assert.deepEqual(classWeightsOf("balanced", LABELS, counts), [8 / 3, 8 / 15, 8 / 6]);
});

test("a class without rows has the weight 1, and the others share among themselves", () => {
  assert.deepEqual(classWeightsOf("balanced", LABELS, [3, 0, 1]), [4 / 6, 1, 4 / 2]);
});

test("a list has a weight for each label, a record for those it names", () => {
  assert.deepEqual(classWeightsOf([1, 2, 0.5], LABELS, []), [1, 2, 0.5]);
  assert.deepEqual(classWeightsOf({ mixed: 3, bad: 0.1 }, LABELS, []), [0.1, 1, 3]);
});

test("a list of another length and a label that is not there are refused", () => {
  assert.throws(() => classWeightsOf([1, 2], LABELS, []), {
    code: "ERR_OPTION",
    message: "Expected 3 weights, one for each label, for classWeights but received an array of 2 elements",
  });
  assert.throws(() => classWeightsOf({ god: 2 }, LABELS, []), {
    code: "ERR_OPTION",
    message: /^Expected weights of the labels "bad", "good", "mixed" for classWeights but received "god"$/,
  });
});
