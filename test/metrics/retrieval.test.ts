import assert from "node:assert/strict";
import { test } from "node:test";
import { rerankingMetrics } from "../../lib/metrics/reranking.js";
import { type RetrievalFigure, retrievalMetrics } from "../../lib/metrics/retrieval.js";
import { assertClose } from "../support/tolerance.js";
import { alike, golden, SAME } from "./vector-golden.js";

const documents = Object.keys(golden.vectors).filter((text) => text.startsWith("d"));
const relevant = Object.entries(golden.retrieval.relevant).filter(([, wanted]) => wanted.length > 0);

for (const { similarity, figures } of golden.retrieval.cases) {
  test(`what is found by ${similarity} has the figures of InformationRetrievalEvaluator`, () => {
    const rankings = relevant.map(([query]) =>
      [...documents].sort((a, b) => alike(similarity, query, b) - alike(similarity, query, a)),
    );
    const cutoffs = { mrr: [3, 10], ndcg: [3, 10], map: [5, 100] };
    const own = retrievalMetrics(
      rankings,
      relevant.map(([, wanted]) => new Set(wanted)),
      cutoffs,
    );
    assert.equal(Object.keys(own).length, Object.keys(figures).length);
    for (const [name, value] of Object.entries(figures)) {
      const ours = name.replace(`${similarity}_`, "").replace("@", "At") as RetrievalFigure;
      assertClose([own[ours]!], [value], SAME, name);
    }
  });
}

test("the NDCG of graded documents gains their grades, as in scikit-learn and trec_eval", () => {
  const { grades, ndcg } = golden.graded;
  const rankings = Object.keys(grades).map((query) =>
    [...documents].sort((a, b) => alike("cosine", query, b) - alike("cosine", query, a)),
  );
  const wanted = Object.values(grades).map((own) => new Map(Object.entries(own)));
  const own = retrievalMetrics(rankings, wanted, { ndcg: Object.keys(ndcg).map(Number) });
  for (const [k, value] of Object.entries(ndcg)) assertClose([own[`ndcgAt${Number(k)}`]!], [value], SAME);
});

test("figures of few documents are those of fewer than asked for, and nothing found is 0", () => {
  const some = retrievalMetrics([["a"], []], [new Set(["a", "b"]), new Set(["c"])]);
  const { precisionAt1, precisionAt10, recallAt10, mrrAt10, mapAt100 } = some;
  assert.deepEqual(
    { precisionAt1, precisionAt10, recallAt10, mrrAt10, mapAt100 },
    {
      precisionAt1: 0.5,
      precisionAt10: 0.05,
      recallAt10: 0.25,
      mrrAt10: 0.5,
      mapAt100: 0.25,
    },
  );
});

for (const { k, figures } of golden.reranking.cases) {
  test(`documents in another order have the figures of RerankingEvaluator, at ${k}, with equal scores, too`, () => {
    const scores = golden.reranking.samples.map(({ query, positive, negative }) => ({
      positives: positive.map((text) => alike("cosine", query, text)),
      negatives: negative.map((text) => alike("cosine", query, text)),
    }));
    const { map, mrr, ndcg } = rerankingMetrics(scores, k);
    assertClose([map, mrr, ndcg], [figures.map!, figures[`mrr@${k}`]!, figures[`ndcg@${k}`]!], SAME);
  });
}

test("queries without anything relevant are refused by their number", () => {
  assert.throws(() => retrievalMetrics([["a"], ["a"]], [new Set("a"), new Set<string>()]), {
    code: "ERR_OPTION",
    option: "relevant.1",
  });
  assert.throws(() => retrievalMetrics([["a"]], []), { option: "relevant" });
  assert.throws(() => rerankingMetrics([{ positives: [], negatives: [1] }]), {
    message: "Expected at least one score for queries.0.positives but received an array of 0 elements",
  });
  assert.throws(() => rerankingMetrics([]), { option: "queries" });
});
