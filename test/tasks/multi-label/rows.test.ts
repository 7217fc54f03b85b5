import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { RowSource } from "../../../lib/options/row-options.js";
import { type MultiLabelColumns, readMultiLabelExamples } from "../../../lib/tasks/multi-label/rows.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();

async function labelsOf(source: RowSource, columns?: MultiLabelColumns): Promise<string[][]> {
  const labels: string[][] = [];
  for await (const rows of readMultiLabelExamples(source, { columns }))
    labels.push(...rows.map(({ label }) => label));
  return labels;
}

test("labels are an array whose numbers and booleans become their text, each once", async () => {
  const rows = [["b", "a"], [], [1, true, "1"]].map((labels) => ({ text: "x", labels }));
  assert.deepEqual(await labelsOf(rows), [["b", "a"], [], ["1", "true"]]);
});

test("a cell has its labels between |, without the spaces around them, and an empty one has none", async () => {
  const path = join(directory, "rows.tsv");
  writeFileSync(path, "text\tlabels\nx\tanger|fear\nx\t\nx\tjoy \nx\t  \nx\t a b | c\n");
  assert.deepEqual(await labelsOf(path), [["anger", "fear"], [], ["joy"], [], ["a b", "c"]]);
});

test("a vector of zeros and ones, or of probabilities, is refused, and class numbers are not", async () => {
  const message = /Expected labels by their names, .* in column "labels" but received a vector that says/;
  for (const labels of [[1, 0, 1], [0, 0], [true, false, false], "0|1|0", [0.2, 0.9]])
    await assert.rejects(labelsOf([{ text: "x", labels }]), message);
  assert.deepEqual(await labelsOf([{ text: "x", labels: [0, 1] }]), [["0", "1"]]);
});

test("the column is labels or label, or what the caller names", async () => {
  assert.deepEqual(await labelsOf([{ text: "x", label: ["a"], labels: ["b"] }]), [["b"]]);
  assert.deepEqual(await labelsOf([{ text: "x", label: "a|b" }]), [["a", "b"]]);
  assert.deepEqual(await labelsOf([{ text: "x", label: [], tags: ["a"] }], { label: "tags" }), [["a"]]);
});

test("what is no list of labels is refused with its location", async () => {
  const list = 'Expected an array of labels, or a text with labels between |, in column "labels"';
  const cases: [Record<string, unknown>, string][] = [
    [
      {},
      'Expected a column named "labels" but received the columns "text": name the right one with columns.label',
    ],
    [{ labels: null }, `${list} but received null`],
    [{ labels: 5 }, `${list} but received 5`],
    [{ labels: { a: 1 } }, `${list} but received { a: 1 }`],
    [{ labels: ["a", ""] }, 'Expected labels in column "labels" but received an empty one'],
    [{ labels: ["a", null] }, 'Expected labels in column "labels" but received an empty one'],
    [{ labels: "a||b" }, 'Expected labels in column "labels" but received an empty one'],
    [
      { labels: [["a"]] },
      "Expected a string, finite number or boolean for the label but received an array of 1 element",
    ],
    [
      { labels: [{ toString: 1 }] },
      "Expected a string, finite number or boolean for the label but received { toString: 1 }",
    ],
  ];
  for (const [fields, message] of cases) {
    const rows = [
      { text: "x", labels: ["a"] },
      { text: "x", ...fields },
    ];
    await assert.rejects(labelsOf(rows), { code: "ERR_DATA", message: `row 2: ${message}` });
  }
  await assert.rejects(labelsOf([{ text: "x" }]), {
    message:
      'row 1: Expected a column named "labels" or "label" but received the columns "text": name the right one with columns.label',
  });
});
