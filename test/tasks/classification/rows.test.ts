import assert from "node:assert/strict";
import { test } from "node:test";
import type { RowSource } from "../../../lib/options/row-options.js";
import {
  type ClassificationColumns,
  type ClassificationExample,
  readClassificationExamples,
} from "../../../lib/tasks/classification/rows.js";

interface RowOptions {
  columns?: ClassificationColumns;
  limit?: number;
}

async function examplesOf(source: RowSource, options?: RowOptions): Promise<ClassificationExample[]> {
  const examples: ClassificationExample[] = [];
  for await (const rows of readClassificationExamples(source, options)) examples.push(...rows);
  return examples;
}

async function assertFails(source: RowSource, options: RowOptions, message: string): Promise<void> {
  await assert.rejects(examplesOf(source, options), { code: "ERR_DATA", message });
}

test("text or sentence is the text, sentence1 and sentence2 or text and textPair a pair", async () => {
  const location = "row 1";
  assert.deepEqual(await examplesOf([{ text: "a", label: "x" }]), [{ text: "a", label: "x", location }]);
  assert.deepEqual(await examplesOf([{ idx: 1, sentence: "a", label: "x" }]), [
    { text: "a", label: "x", location },
  ]);
  const pair = [{ text: "a", textPair: "b", label: "x", location }];
  assert.deepEqual(await examplesOf([{ sentence1: "a", sentence2: "b", label: "x" }]), pair);
  assert.deepEqual(await examplesOf([{ text: "a", textPair: "b", label: "x" }]), pair);
});

test("columns named by the caller are read instead", async () => {
  const rows = [{ text: "not this", premise: "p", hypothesis: "h", gold: "x" }];
  assert.deepEqual(
    await examplesOf(rows, { columns: { text: "premise", textPair: "hypothesis", label: "gold" } }),
    [{ text: "p", textPair: "h", label: "x", location: "row 1" }],
  );
  assert.deepEqual(await examplesOf(rows, { columns: { text: "premise", label: "gold" } }), [
    { text: "p", label: "x", location: "row 1" },
  ]);
});

test("labels that are numbers or booleans become their text", async () => {
  const rows = [1, 0, true, "1"].map((label) => ({ text: "a", label }));
  assert.deepEqual(
    (await examplesOf(rows)).map(({ label }) => label),
    ["1", "0", "true", "1"],
  );
});

test("a row that its user did not accept in Prodigy is refused, unless answer is the label", async () => {
  const rows = ["accept", "reject"].map((answer) => ({ text: "a", label: "x", answer }));
  await assertFails(
    rows,
    {},
    'row 2: Expected a row that was accepted, as "answer" says in rows of Prodigy (leave the others out), but received "reject"',
  );
  const [, second] = await examplesOf(rows, { columns: { label: "answer" } });
  assert.equal(second!.label, "reject");
});

test("an empty text is an example like any other", async () => {
  assert.equal((await examplesOf([{ text: "", label: "x" }]))[0]!.text, "");
});

test("a limit counts examples", async () => {
  const rows = [{ text: "a", label: "x" }, { text: "b", label: "y" }, { text: 3 }];
  assert.equal((await examplesOf(rows, { limit: 2 })).length, 2);
});

test("a missing column is named, with the columns there are", async () => {
  await assertFails(
    [{ body: "a", title: "b", label: "x" }],
    {},
    'row 1: Expected a column named "text" or "sentence" or "sentence1" but received the columns "body", "title", "label": name the right one with columns.text',
  );
  await assertFails(
    [{ text: "a", label: "x" }],
    { columns: { text: "body" } },
    'row 1: Expected a column named "body" but received the columns "text", "label": name the right one with columns.text',
  );
  await assertFails(
    [{ text: "a", label: "x" }, { label: "x" }],
    {},
    'row 2: Expected a column named "text" but received the columns "label": name the right one with columns.text',
  );
  await assertFails(
    [{ text: "a", class: "x", group: "y" }],
    {},
    'row 1: Expected a column named "label" but received the columns "text", "class", "group": name the right one with columns.label',
  );
});

test("a text that is no string, a label that is none, and a missing label are named by location", async () => {
  await assertFails(
    [{ text: 5, label: "x" }],
    {},
    'row 1: Expected a string in column "text" but received 5',
  );
  await assertFails(
    [{ text: "a", textPair: null, label: "x" }],
    {},
    'row 1: Expected a string in column "textPair" but received null',
  );
  await assertFails(
    [{ text: "a", label: ["x"] }],
    {},
    "row 1: Expected a string, finite number or boolean for the label but received an array of 1 element",
  );
  await assertFails(
    [{ text: "a", label: "" }],
    {},
    'row 1: Expected a label in column "label" but received an empty one',
  );
});
