import assert from "node:assert/strict";
import { test } from "node:test";
import type { RankingColumns } from "../../../lib/tasks/reranking/columns.js";
import { readRankingExamples, readRankingInputs } from "../../../lib/tasks/reranking/rows.js";

async function read(rows: Record<string, unknown>[], columns?: RankingColumns) {
  const all = [];
  for await (const examples of readRankingExamples(rows, { name: "train", columns })) all.push(...examples);
  return all.map(({ query, documents, labels, isList }) => ({ query, documents, labels, isList }));
}

for (const [what, row, wanted, columns] of [
  ["a pair", { query: "q", document: "d", label: "1" }, { documents: ["d"], labels: [1], isList: false }],
  ["a score", { sentence1: "q", sentence2: "d", score: 0.4 }, { documents: ["d"], labels: [0.4] }],
  ["a list", { query: "q", docs: ["a", "b"], labels: [0, 2] }, { documents: ["a", "b"], labels: [0, 2] }],
  [
    "a list of one",
    { query: "q", documents: ["a"], labels: [1] },
    { documents: ["a"], labels: [1], isList: true },
  ],
  [
    "negatives",
    { query: "q", positive: "a", negative_1: "b", negative_2: "c" },
    { documents: ["a", "b", "c"], labels: [1, 0, 0], isList: true },
  ],
  [
    "arrays of both",
    { query: "q", positive: ["a", "b"], negatives: ["c"] },
    { documents: ["a", "b", "c"], labels: [1, 1, 0] },
  ],
  [
    "negatives with a score each",
    { query: "q", positive: "a", negative: "b", scores: [9, 2.5] },
    { documents: ["a", "b"], labels: [9, 2.5] },
  ],
  [
    "columns with names of their own",
    { q: "q", d: "a", other: "b", documents: "no" },
    { documents: ["a", "b"], labels: [1, 0] },
    { text: "q", textPair: "d", negative: "other" },
  ],
] as const) {
  test(`rows: ${what}`, async () => {
    const [received] = await read([row], columns);
    assert.deepEqual({ ...received, ...wanted, query: "q" }, received);
  });
}

for (const [what, rows, message] of [
  [
    "no query",
    [{ a: "1" }],
    /^train, row 1: Expected a column named "query" or .* but received the columns "a": name .* columns\.text$/,
  ],
  [
    "no document",
    [{ query: "q", label: 1 }],
    /^train, row 1: Expected a column named "documents" or .*columns\.textPair$/,
  ],
  [
    "no label",
    [{ query: "q", document: "d" }],
    /^train, row 1: Expected a column named "label" or .*columns\.label$/,
  ],
  [
    "an empty list",
    [{ query: "q", docs: [], labels: [] }],
    /^train, row 1: Expected a document in column "docs" but received none$/,
  ],
  [
    "labels for other documents",
    [{ query: "q", docs: ["a"], labels: [1, 0] }],
    /^train, row 1: Expected 1 numbers in column "labels", one for each document, but received 2$/,
  ],
  [
    "one label for a list",
    [{ query: "q", docs: ["a", "b"], label: 1 }],
    /Expected 2 numbers in column "label", one for each document, but received 1$/,
  ],
  [
    "a label that is no number",
    [{ query: "q", document: "d", label: "yes" }],
    /^train, row 1: Expected a finite number in column "label" but received "yes"$/,
  ],
  [
    "a document that is no text",
    [{ query: "q", docs: ["a", 3], labels: [1, 0] }],
    /^train, row 1: Expected strings in column "docs" but received 3$/,
  ],
  [
    "a list among pairs",
    [
      { query: "q", document: "d", label: 1 },
      { query: "q", document: ["d"], label: [1] },
    ],
    /^train, row 2: Expected one document, as in the rows before, but received a list$/,
  ],
] as const) {
  test(`rows with ${what} are refused`, async () => {
    await assert.rejects(read([...rows]), (error: Error) => {
      assert.match(error.message, message);
      return true;
    });
  });
}

test("to predict for, rows need no labels, and each document of a list is one pair", async () => {
  const pairs = [];
  for await (const some of readRankingInputs([{ query: "q", documents: ["a", "b"] }], { name: "input" }))
    pairs.push(...some);
  assert.deepEqual(pairs, [
    { query: "q", document: "a" },
    { query: "q", document: "b" },
  ]);
});
