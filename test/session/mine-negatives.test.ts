import "../support/one-thread.js";

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fineTune, loadModel, type Ranker } from "../../lib/index.js";
import { mineNegatives } from "../../lib/session/mine-negatives.js";
import { golden } from "../metrics/vector-golden.js";
import { givenVectors } from "../retrieval/given-vectors.js";
import { failureOf, rowsOf, TINY, tinyRun } from "./support.js";

const { rows, others, cases } = golden.mining;
const pairs = rows.map(([anchor, positive]) => ({ anchor, positive }));
const compared = givenVectors(golden.vectors);
after(() => compared.close());

/** `range_min` → `rangeMin` */
const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

for (const { similarity, others: withOthers, options, triplets } of cases) {
  const how = `${JSON.stringify(options)}${withOthers ? ", among more texts" : ""}`;
  test(`by ${similarity} the negatives are those of mine_hard_negatives: ${how}`, async () => {
    const own = Object.fromEntries(Object.entries(options).map(([name, value]) => [camelCase(name), value]));
    const mined = await mineNegatives(compared, pairs, {
      ...own,
      ...{ similarity, ...(withOthers && { corpus: others }) },
    });
    assert.deepEqual(
      mined.rows.map(({ anchor, positive, negative }) => [anchor, positive, negative]),
      triplets,
    );
    const distinct = new Set(rows.map(String)).size;
    assert.equal(mined.missing, distinct * (options.num_negatives ?? 3) - triplets.length);
  });
}

test("random negatives are drawn from the candidates, the same from the same seed, and never a positive", async () => {
  const mined = (options: object) =>
    mineNegatives(compared, pairs, {
      ...{ similarity: "cosine", samplingStrategy: "random", rangeMin: 1, rangeMax: 5, numNegatives: 2 },
      ...options,
    });
  const candidates = await mined({ samplingStrategy: "top", numNegatives: 4 });
  const [first, again, other] = [await mined({}), await mined({}), await mined({ seed: 2 })];
  assert.deepEqual(first, again);
  assert.notDeepEqual(first.rows, other.rows);
  const all = new Set(candidates.rows.map((row) => JSON.stringify(row)));
  for (const row of [...first.rows, ...other.rows]) assert.ok(all.has(JSON.stringify(row)));
  assert.equal(new Set(first.rows.map((row) => JSON.stringify(row))).size, first.rows.length);
  assert.equal(first.missing, 0);
});

test("where there are fewer candidates than are to be drawn, all are taken, and what is missing is counted", async () => {
  for (const samplingStrategy of ["top", "random"] as const) {
    const { rows: mined, missing } = await mineNegatives(compared, pairs.slice(1, 4), {
      ...{ similarity: "cosine", samplingStrategy, numNegatives: 5 },
    });
    assert.deepEqual([mined.length, missing], [6, 9]);
  }
});

for (const { options, triplets } of golden.rescored.cases) {
  test(`rescored by a cross-encoder the negatives are those of mine_hard_negatives: ${JSON.stringify(options)}`, async () => {
    const { scores } = golden.rescored;
    const ranker: Ranker = {
      task: "reranking",
      score: async (asked) => asked.map(([query, document]) => ({ score: scores[query]![document]! })),
    };
    const own = Object.fromEntries(Object.entries(options).map(([name, value]) => [camelCase(name), value]));
    const corpus = Object.keys(scores.q0!);
    const mined = await mineNegatives(compared, pairs, { ...own, similarity: "cosine", corpus, ranker });
    assert.deepEqual(
      mined.rows.map(({ anchor, positive, negative }) => [anchor, positive, negative]),
      triplets,
    );
  });
}

test("with a ranker, margins are about its scores: what it finds right is no negative", async () => {
  const vectors = { q: [1, 0], right: [1, 0.5], alsoRight: [1, 0.1], near: [1, 0.2], far: [0, 1] };
  const scores: Record<string, number> = { right: 0.9, alsoRight: 0.88, near: 0.3, far: 0.4 };
  const asked: string[] = [];
  const ranker: Ranker = {
    task: "reranking",
    score: async (pairs) => {
      asked.push(...pairs.map(([, document]) => document));
      return pairs.map(([, document]) => ({ score: scores[document]! }));
    },
  };
  const given = givenVectors(vectors);
  const mined = await mineNegatives(given, [{ anchor: "q", positive: "right" }], {
    ...{ similarity: "cosine", corpus: ["alsoRight", "near", "far"], numNegatives: 2 },
    ...{ ranker, absoluteMargin: 0.05 },
  });
  await given.close();
  assert.deepEqual(
    mined.rows.map(({ negative }) => negative),
    ["far", "near"],
  );
  assert.deepEqual(asked.sort(), Object.keys(scores).sort());
});

test("what a model mines trains it", async () => {
  const own = rowsOf(16).map(({ text }) => ({ query: text, answer: text.replace("the ", "a ") }));
  await using model = await loadModel(TINY, { dtype: "float32" });
  const { rows: mined, truncated } = await model.mineNegatives(own, {
    ...{ columns: { text: "query", textPair: "answer" }, numNegatives: 1 },
  });
  assert.deepEqual([mined.length, truncated], [16, 0]);
  await using tuned = await fineTune({ ...tinyRun, task: "embedding", train: mined, validation: mined });
  assert.ok(Number.isFinite(tuned.training!.metrics!.tripletAccuracy));
});

for (const [what, source, options, option] of [
  ["a range with too few texts in it", pairs, { rangeMin: 2, rangeMax: 4 }, "rangeMax"],
  ["scores that no text has", pairs, { minScore: 0.9, maxScore: 0.1 }, "minScore"],
  ["no rows", 5, {}, "pairs"],
  ["no negatives", pairs, { numNegatives: 0 }, "numNegatives"],
  ["a ranker without a margin", pairs, { ranker: { task: "reranking", score: async () => [] } }, "ranker"],
] as const) {
  test(`${what} is refused`, async () => {
    const error = await failureOf(mineNegatives(compared, source as never, options));
    assert.deepEqual([error.code, error.option], ["ERR_OPTION", option], error.message);
  });
}

test("rows with scores or negatives are refused, naming the row", async () => {
  const failure = (more: object) => failureOf(mineNegatives(compared, [{ ...pairs[0], ...more }], {}));
  const scored = await failure({ score: 0.5 });
  assert.equal(scored.message, "pairs, row 1: Expected a pair without a score but received 0.5");
  assert.equal(scored.code, "ERR_DATA");
  const { message } = await failure({ negative: "d00" });
  assert.equal(message, "pairs, row 1: Expected a pair without negatives but received 1");
});
