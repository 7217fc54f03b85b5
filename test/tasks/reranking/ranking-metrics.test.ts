import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type RankingFigures, rankingFigures } from "../../../lib/tasks/reranking/ranking-metrics.js";
import { goldenJson } from "../../support/golden.js";

const golden = goldenJson<{
  lengths: number[];
  outputs: number[];
  figures: { labels: number[]; lists: RankingFigures[] }[];
}>("ranking.json");
const NAMES = ["mrrAt10", "ndcgAt10", "map"] as const;

test("the figures of lists are those of sentence-transformers and scikit-learn, for graded labels, too", () => {
  for (const { labels, lists } of golden.figures) {
    let start = 0;
    for (const [list, wanted] of lists.entries()) {
      const end = start + golden.lengths[list]!;
      const received = rankingFigures(golden.outputs.slice(start, end), labels.slice(start, end));
      for (const name of NAMES)
        assert.ok(Math.abs(received[name] - wanted[name]) < 1e-9, `${name} of list ${list}`);
      start = end;
    }
  }
});

test("a model that tells no documents apart, or a list without a relevant one, gains nothing", () => {
  const { mrrAt10, map } = rankingFigures([1, 1, 1, 1], [1, 0, 0, 0]);
  assert.deepEqual([mrrAt10, map], [1 / 4, 1 / 4]);
  assert.deepEqual(rankingFigures([3, 2], [0, -1]), { mrrAt10: 0, ndcgAt10: 0, map: 0 });
});

test("what stands behind the tenth place counts for the average precision alone", () => {
  const scores = Array.from({ length: 12 }, (_, place) => -place);
  const labels = scores.map((_, place) => (place === 11 ? 1 : 0));
  assert.deepEqual(rankingFigures(scores, labels), { mrrAt10: 0, ndcgAt10: 0, map: 1 / 12 });
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
      for (const figure of Object.values(rankingFigures(scores, labels)))
        assert.ok(figure >= 0 && figure <= 1 + 1e-12);
      const best = rankingFigures(labels, labels);
      const wanted = labels.some((label) => label > 0) ? 1 : 0;
      for (const name of NAMES) assert.ok(Math.abs(best[name] - wanted) < 1e-12, name);
    }),
  );
});
