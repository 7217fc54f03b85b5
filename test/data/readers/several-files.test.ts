import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readRows } from "../../../lib/data/readers/rows.js";
import type { RowSource } from "../../../lib/options/row-options.js";
import { foundRows } from "../../../lib/session/found-rows.js";
import { readLocatedTexts } from "../../../lib/tasks/masked-words/rows.js";
import { readQuestions } from "../../../lib/tasks/question-answering/rows.js";
import { readTaggingRows } from "../../../lib/tasks/token-classification/rows.js";
import { goldenPath } from "../../support/golden.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();

function fileOf(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function all<Item>(source: AsyncIterable<Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const some of source) items.push(...some);
  return items;
}

function found(source: RowSource) {
  return foundRows(source, { option: "train", hub: {}, call: {} });
}

const first = fileOf("b.csv", "text,label\na,x\nb,y\n");
const second = fileOf("a.csv", "label,text\nz,c\n");
const third = fileOf("c.jsonl", '{"text": "d", "label": "x", "more": 1}\n');

test("rows of several files follow each other in the order given, and each names its file and line", async () => {
  const rows = await all(readRows([first, second, third]));
  assert.deepEqual(
    rows.map(({ fields, location }) => [fields.text, fields.label, location.replace(`${directory}/`, "")]),
    [
      ["a", "x", "b.csv, line 2"],
      ["b", "y", "b.csv, line 3"],
      ["c", "z", "a.csv, line 2"],
      ["d", "x", "c.jsonl, line 1"],
    ],
  );
});

test("a limit goes on from file to file, and opens none behind it", async () => {
  for (const limit of [1, 2, 3, 4])
    assert.equal((await all(readRows([first, second, third], { limit }))).length, limit);
  assert.equal((await all(readRows([first, "gone.csv"], { limit: 2 }))).length, 2);
  await assert.rejects(
    all(readRows([first, "gone.csv"], { limit: 3 })),
    /^LibbertError: gone\.csv: Expected a readable file/,
  );
});

test("tables that are read as one have the same columns", async () => {
  const other = fileOf("other.tsv", "text\tlabels\ne\tx\n");
  await assert.rejects(all(readRows([first, other])), {
    code: "ERR_DATA",
    message: `${other}: Expected the columns "text", "label", as in ${first}, but received "text", "labels"`,
  });
});

test("a file without rows is no error beside one with some, and all without rows are", async () => {
  const empty = fileOf("empty.csv", "text,label\n");
  const nothing = fileOf("nothing.jsonl", "");
  assert.equal((await all(readRows([empty, first, nothing]))).length, 2);
  await assert.rejects(all(readRows([empty, nothing])), {
    message: `${empty}, ${nothing}: Expected at least one row but received none`,
  });
});

test("names of columns are refused where none of the files is a table without a header", async () => {
  const columnNames = ["text", "label"];
  const bare = fileOf("bare.csv", "e,x\n");
  assert.equal((await all(readRows([third, bare], { columnNames }))).length, 2);
  const parquet = goldenPath("parquet/snappy.parquet");
  for (const path of [third, parquet])
    await assert.rejects(all(readRows([path, third], { columnNames })), { option: "columnNames" });
});

test("words, questions and lines come from several files, each of its own form", async () => {
  const conll = fileOf("words.conll", "Anna B-PER\n\nleft O\n");
  const objects = fileOf("words.jsonl", '{"tokens": ["Anna"], "tags": ["B-PER"]}\n');
  assert.equal((await all(readTaggingRows([conll, objects]))).length, 3);
  assert.equal((await all(readTaggingRows([conll, objects], { limit: 1 }))).length, 1);
  const squad = { data: [{ paragraphs: [{ context: "Ada", qas: [{ question: "Who?", answers: [] }] }] }] };
  const json = fileOf("squad.json", JSON.stringify(squad));
  const questions = await all(readQuestions([json, goldenPath("parquet/squad.parquet")]));
  assert.deepEqual(
    questions.map(({ question }) => question),
    ["Who?", "Who?", "Where?"],
  );
  const lines = fileOf("lines.txt", "one\ntwo\n");
  const texts = await all(readLocatedTexts([lines, third], { column: "text" }));
  assert.deepEqual(
    texts.map(({ text }) => text),
    ["one", "two", "d"],
  );
  await assert.rejects(all(readLocatedTexts([lines, lines], { column: "text" })), { option: "columns.text" });
});

test("a pattern stands for the files that match it, by name; a file of such a name for itself", async () => {
  const folder = join(directory, "parts");
  mkdirSync(folder);
  for (const name of ["part-2.csv", "part-10.csv", "part-1.csv", "x[1].csv"])
    fileOf(`parts/${name}`, "text,label\na,x\n");
  const matches = ["part-1.csv", "part-10.csv", "part-2.csv"].map((name) => join(folder, name));
  assert.deepEqual(await found(join(folder, "part-*.csv")), matches);
  assert.deepEqual(await found([first, join(folder, "*-1.csv")]), [first, matches[0]]);
  assert.equal(await found(join(folder, "x[1].csv")), join(folder, "x[1].csv"));
  assert.equal(await found(join(folder, "{gone,part-2}.csv")), matches[2]);
  assert.equal(await found("-"), "-");
  const rows = [{ text: "a" }];
  assert.equal(await found(rows), rows);
  await assert.rejects(found(join(folder, "*.tsv")), {
    code: "ERR_OPTION",
    option: "train",
    message: `Expected a file, or a pattern that matches one, for train but received "${join(folder, "*.tsv")}"`,
  });
});
