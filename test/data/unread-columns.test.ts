import assert from "node:assert/strict";
import { test } from "node:test";
import { readVectorExamples } from "../../lib/data/vector-rows.js";
import { readRankingExamples } from "../../lib/tasks/reranking/rows.js";

type Fields = Record<string, unknown>;

/** The columns that are told of as not read. */
async function unreadOf(
  read: typeof readVectorExamples | typeof readRankingExamples,
  row: Fields,
): Promise<string[]> {
  const told: string[] = [];
  for await (const _ of read([row, row], { notify: (message) => told.push(message) }));
  return told.map((message) => /counted: (.*) \(the option columns/.exec(message)![1]!);
}

test("columns that are not read, though they seem to say how right a text is, are told once", async () => {
  const pair = { anchor: "a", positive: "b", id: 1 };
  assert.deepEqual(await unreadOf(readVectorExamples, { ...pair, hard_negative: "c", negative1: "d" }), [
    '"hard_negative", "negative1"',
  ]);
  assert.deepEqual(await unreadOf(readVectorExamples, { ...pair, similarity: 0.5 }), ['"similarity"']);
  assert.deepEqual(await unreadOf(readVectorExamples, { ...pair, negative: "c", score: 0.5 }), ['"score"']);
  const document = { query: "a", document: "b", label: 1 };
  assert.deepEqual(await unreadOf(readRankingExamples, { ...document, bm25_score: 3 }), ['"bm25_score"']);
});

test("of columns that are read, and of others, nothing is told", async () => {
  for (const row of [
    { anchor: "a", positive: "b", negative_1: "c", negative_2: "d", source: "x" },
    { sentence1: "a", sentence2: "b", score: 0.5 },
  ])
    assert.deepEqual(await unreadOf(readVectorExamples, row), []);
  for (const row of [
    { query: "a", documents: ["b"], labels: [1] },
    { query: "a", positive: "b", negatives: ["c"], title: "x" },
  ])
    assert.deepEqual(await unreadOf(readRankingExamples, row), []);
});
