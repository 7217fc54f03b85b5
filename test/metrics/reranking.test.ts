import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { listMetrics, type RerankingMetrics } from "../../lib/metrics/reranking.js";
import { goldenJson } from "../support/golden.js";

const golden = goldenJson<{
  lengths: number[];
  outputs: number[];
  figures: { labels: number[]; lists: { mrrAt10: number; ndcgAt10: number; map: number }[] }[];
}>("ranking.json");
const NAMES = ["map", "mrr", "ndcg"] as const;

const figuresOf = (scores: number[], labels: number[]) => listMetrics(scores, labels, 10);

test("the figures of lists are those of sentence-transformers and scikit-learn, for graded labels, too", () => {
  for (const { labels, lists } of golden.figures) {
    let start = 0;
    for (const [list, { map, mrrAt10, ndcgAt10 }] of lists.entries()) {
      const end = start + golden.lengths[list]!;
      const received = figuresOf(golden.outputs.slice(start, end), labels.slice(start, end));
      const wanted: RerankingMetrics = { map, mrr: mrrAt10, ndcg: ndcgAt10 };
      for (const name of NAMES)
        assert.ok(Math.abs(received[name] - wanted[name]) < 1e-9, `${name} of list ${list}`);
      start = end;
    }
  }
});

test("a model that tells no documents apart, or a list without a relevant one, gains nothing", () => {
  const { mrr, map } = figuresOf([1, 1, 1, 1], [1, 0, 0, 0]);
  assert.deepEqual([mrr, map], [1 / 4, 1 / 4]);
  assert.deepEqual(figuresOf([3, 2], [0, -1]), { map: 0, mrr: 0, ndcg: 0 });
});

test("what stands behind the tenth place counts for the average precision alone", () => {
  const scores = Array.from({ length: 12 }, (_, place) => -place);
  const labels = scores.map((_, place) => (place === 11 ? 1 : 0));
  assert.deepEqual(figuresOf(scores, labels), { map: 1 / 12, mrr: 0, ndcg: 0 });
});

test("every figure is from 0 to 1, and 1 where documents stand in the order of their labels", () => {
  const lists = fc.array(fc.record({ score: fc.integer({ min: -3, max: 3 }), label: fc.nat(3) }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(lists, (list) => {
      const labels = list.map(({ label }) => label);
      const scores = list.map(({ score }) => score);
      for (const figure of Object.values(figuresOf(scores, labels)))
        assert.ok(figure >= 0 && figure <= 1 + 1e-12);
      const best = figuresOf(labels, labels);
      const wanted = labels.some((label) => label > 0) ? 1 : 0;
      for (const name of NAMES) assert.ok(Math.abs(best[name] - wanted) < 1e-12, name);
    }),
  );
});
