import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { readClassificationExamples } from "../../lib/tasks/classification/rows.js";
import { readMultiLabelExamples } from "../../lib/tasks/multi-label/rows.js";
import { readingsOf } from "../../lib/tasks/readings.js";

type Fields = Record<string, unknown>;
type Options = Parameters<typeof readClassificationExamples>[1];

/** The texts and the label of one row, and what was told of them. */
async function read(fields: Fields, options: Options = {}) {
  const told: string[] = [];
  const reading = { ...options, notify: (message: string) => told.push(message) };
  for await (const [row] of readClassificationExamples([fields], reading))
    return {
      texts: [row!.text, row!.textPair].filter((text) => text !== undefined),
      label: row!.label,
      told,
    };
  throw new Error("no row");
}

test("columns with the names that are read by default, or that the options name, are read without a word", async () => {
  for (const fields of [
    { text: "a", label: "x" },
    { sentence: "a", id: 1, label: "x" },
    { sentence1: "a", sentence2: "b", label: "x" },
    { text: "a", text_pair: "b", label: "x" },
  ])
    assert.deepEqual((await read(fields)).told, []);
  assert.deepEqual((await read({ text: "a", text_pair: "b", label: "x" })).texts, ["a", "b"]);
  const columns = { text: "question", label: "kind" };
  assert.deepEqual(await read({ question: "a", sentence: "b", kind: "x" }, { columns }), {
    texts: ["a"],
    label: "x",
    told: [],
  });
});

test("a pair by the names of the Hub, and the one column beside the label or the text, are read, which is told", async () => {
  for (const [fields, texts, told] of [
    [
      { premise: "a", hypothesis: "b", label: "x" },
      ["a", "b"],
      'the columns "premise", "hypothesis" are read as the two texts',
    ],
    [
      { question1: "a", question2: "b", label: "x" },
      ["a", "b"],
      'the columns "question1", "question2" are read as the two texts',
    ],
    [
      { question: "a", sentence: "b", idx: 1, label: "x" },
      ["a", "b"],
      'the columns "question", "sentence" are read as the two texts',
    ],
    [{ review: "a", label: "x" }, ["a"], 'the column "review" is read as the text'],
    [{ text: "a", sentiment: "x" }, ["a"], 'the column "sentiment" is read as the label'],
  ] as const) {
    const option = told.endsWith("label") ? "columns.label" : "columns.text";
    const message = `${told}, as no column has a name that says so (${option} names one)`;
    assert.deepEqual(await read(fields), { texts, label: "x", told: [message] });
  }
  const { told } = await read({ body: "a", kind: "x" }, { columns: { label: "kind" } });
  assert.match(told.join(), /^the column "body" is read as the text, /);
});

test("nothing is guessed among several columns, of what is no text, or of what counts the rows", async () => {
  await assert.rejects(read({ title: "a", body: "b", label: "x" }), /Expected a column named "text"/);
  await assert.rejects(read({ number: 1, label: "x" }), /Expected a column named "text"/);
  for (const counting of ["id", "", "Unnamed: 0", "ID", "row_id", "qid id", "__index_level_0__", "index"])
    await assert.rejects(read({ text: "a", [counting]: 7 }), /Expected a column named "label"/);
  await assert.rejects(
    read({ text: "a", kind: "x" }, { columns: { label: "label" } }),
    /Expected a column named "label"/,
  );
});

test("one column is never both the text and the label", async () => {
  await assert.rejects(
    read({ "text|label": "a|x" }),
    /Expected a column named "label" .*but received the columns "text\|label"/,
  );
  const both = /Expected a column for the label that is not the text's but received "kind" for both/;
  await assert.rejects(read({ kind: "x" }, { columns: { text: "kind", label: "kind" } }), both);
  await assert.rejects(
    read({ text: "a", kind: "x" }, { columns: { text: "text", textPair: "kind", label: "kind" } }),
    both,
  );
});

test("a run tells which of its rows a guess is about; elsewhere the process is warned", async () => {
  const told: string[] = [];
  const rows = [{ review: "a", labels: ["x"] }];
  const preparation = { train: rows, validation: rows, notify: (message: string) => told.push(message) };
  const readings = readingsOf(preparation as never, {});
  for await (const _ of readMultiLabelExamples(rows, readings.train));
  for await (const _ of readMultiLabelExamples(rows, readings.validation));
  assert.deepEqual(
    told.map((message) => message.split(",")[0]),
    ['train: the column "review" is read as the text', 'validation: the column "review" is read as the text'],
  );
  const warned = once(process, "warning");
  for await (const _ of readMultiLabelExamples(rows));
  assert.match((await warned)[0].message, /^the column "review" is read as the text/);
});
