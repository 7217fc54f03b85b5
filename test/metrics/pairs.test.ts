import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { averagePrecision } from "../../lib/metrics/average-precision.js";
import { pearson, spearman } from "../../lib/metrics/correlation.js";
import { pairMetrics } from "../../lib/metrics/pair-classification.js";
import { tripletAccuracy } from "../../lib/metrics/triplets.js";
import { assertClose } from "../support/tolerance.js";
import { alike, golden, SAME } from "./vector-golden.js";

const { left, right, others, labels, scores, cases } = golden.pairs;

for (const { similarity, binary, correlation, triplet, ...more } of cases) {
  const alikes = left.map((text, pair) => alike(similarity, text, right[pair]!));
  const of = (figures: Record<string, number> | undefined, name: string) =>
    figures![`${similarity}_${name}`]!;

  test(`pairs by ${similarity} have the figures of BinaryClassificationEvaluator`, () => {
    // There a distance is a positive number.
    const sign = similarity === "euclidean" || similarity === "manhattan" ? -1 : 1;
    const own = pairMetrics(alikes, labels.map(Boolean));
    assertClose(
      [own.accuracy, own.accuracyThreshold, own.f1, own.f1Threshold, own.precision, own.recall],
      [
        ...[of(binary, "accuracy"), sign * of(binary, "accuracy_threshold")],
        ...[of(binary, "f1"), sign * of(binary, "f1_threshold")],
        ...[of(binary, "precision"), of(binary, "recall")],
      ],
      SAME,
    );
    assertClose([own.averagePrecision, own.matthewsCorrelation], [of(binary, "ap"), of(binary, "mcc")], SAME);
  });

  test(`scores and ${similarity} correlate as EmbeddingSimilarityEvaluator says`, () => {
    const expected = [correlation![`pearson_${similarity}`]!, correlation![`spearman_${similarity}`]!];
    assertClose([pearson(scores, alikes)!, spearman(scores, alikes)!], expected, SAME);
  });

  test(`triplets by ${similarity} have the accuracy of TripletEvaluator, which is a float32`, () => {
    const negatives = left.map((text, pair) => alike(similarity, text, others[pair]!));
    const expected = [of(triplet, "accuracy"), of(more["triplet with a margin"], "accuracy")];
    const own = [tripletAccuracy(alikes, negatives), tripletAccuracy(alikes, negatives, 0.3)];
    assertClose(own, expected, { absolute: 1e-7 });
  });
}

test("a threshold tells as many pairs right as it says", () => {
  const pairs = fc.array(fc.record({ score: fc.integer({ min: -4, max: 4 }), label: fc.boolean() }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(pairs, (drawn) => {
      const [values, truths] = [drawn.map(({ score }) => score / 3), drawn.map(({ label }) => label)];
      const { accuracy, accuracyThreshold, f1, f1Threshold, precision, recall } = pairMetrics(values, truths);
      const told = values.filter((score, pair) => score >= accuracyThreshold === truths[pair]).length;
      assert.equal(told / values.length, accuracy);
      const found = values.filter((score) => score >= f1Threshold).length;
      const rightOnes = values.filter((score, pair) => score >= f1Threshold && truths[pair]).length;
      if (f1 === 0) return assert.ok(!truths.includes(true));
      assertClose([precision, recall], [rightOnes / found, rightOnes / truths.filter(Boolean).length], SAME);
      assertClose([f1], [(2 * precision * recall) / (precision + recall)], SAME);
    }),
  );
});

test("without a positive the average precision is 0", () => {
  assert.equal(averagePrecision([1, 2], [false, false]), 0);
  assert.equal(averagePrecision([1, 1], [true, false]), 0.5);
});

test("other numbers of labels and of negatives are refused", () => {
  assert.throws(() => pairMetrics([1, 2], [true]), {
    code: "ERR_OPTION",
    message: "Expected 2 values, as scores has, for labels but received 1",
  });
  assert.throws(() => tripletAccuracy([], []), { option: "positives" });
});
