import assert from "node:assert/strict";
import { test } from "node:test";
import { readVectorExamples } from "../../lib/data/vector-rows.js";
import { readMultiLabelExamples } from "../../lib/tasks/multi-label/rows.js";
import { readRegressionExamples } from "../../lib/tasks/regression/rows.js";
import { readRankingExamples } from "../../lib/tasks/reranking/rows.js";
import { readTaggingRows } from "../../lib/tasks/token-classification/rows.js";
import { warningsTo } from "../../lib/warn.js";

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

const others = (read: string, unread: string) =>
  `"${read}" is read, and not "${unread}" beside it (the option columns.label names the column that counts)`;

test("a text in another column than the one that is read is told of once, unless the options choose", async () => {
  const told: string[] = [];
  const notify = (message: string) => told.push(message);
  const label = 1;
  const rows = [
    { text: "a", sentence: "b", label },
    { sentence1: "a", sentence2: "b", text: "c", label },
  ];
  for (const row of rows) for await (const _ of readRegressionExamples([row, row], { notify }));
  assert.deepEqual(told.splice(0), [
    '"text" is read, and not "sentence" beside it (the option columns.text names the column that counts)',
    '"sentence1", "sentence2" are read, and not "text" beside them (the option columns.text names the column that counts)',
  ]);
  for await (const _ of readRegressionExamples([rows[0]!], { notify, columns: { text: "sentence" } }));
  for await (const _ of readRegressionExamples([{ text: "a", sentence: 1 }], {
    notify,
    columns: { label: "sentence" },
  }));
  assert.deepEqual(told.splice(0), []);
});

test("a column that another one of the label's names comes before is told once, unless the options choose", async () => {
  const row = { text: "a", score: 1, label: 2 };
  const told: string[] = [];
  const notify = (message: string) => void told.push(message);
  for await (const _ of readRegressionExamples([row, row], { notify }));
  for await (const _ of readMultiLabelExamples([{ text: "a", labels: ["b"], label: "c" }], { notify }));
  assert.deepEqual(told.splice(0), [others("score", "label"), others("labels", "label")]);
  for await (const _ of readRegressionExamples([row, row], { notify, columns: { label: "label" } }));
  for await (const _ of readRegressionExamples([{ text: "a", label: 2, scores: 3 }], { notify }));
  const texts = { text: "label", label: "score" };
  for await (const _ of readRegressionExamples([{ label: "a", score: 1 }], { notify, columns: texts }));
  assert.deepEqual(told, []);
});

test("so are tags and entities beside those that are read", async () => {
  const told: string[] = [];
  const words = { tokens: ["a"], tags: ["O"], ner_tags: ["B-X"] };
  const read = (row: Fields, columns = {}) =>
    warningsTo(
      (message) => told.push(message),
      async () => {
        for await (const _ of readTaggingRows([row, row], { columns }));
      },
    );
  await read(words);
  await read({ text: "a", entities: [], spans: [] });
  assert.deepEqual(told.splice(0), [others("tags", "ner_tags"), others("entities", "spans")]);
  for await (const _ of readTaggingRows([words], { notify: (message) => told.push(`here: ${message}`) }));
  assert.deepEqual(told.splice(0), [`here: ${others("tags", "ner_tags")}`]);
  await read(words, { label: "ner_tags" });
  await read({ text: "a", entities: [], label: "a comment" });
  assert.deepEqual(told, []);
});
