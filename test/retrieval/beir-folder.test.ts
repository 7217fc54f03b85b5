import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { LibbertError, readBeir } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const lines = (...objects: object[]) => objects.map((object) => `${JSON.stringify(object)}\n`).join("");
const FILES = {
  "corpus.jsonl": lines(
    { _id: "d1", title: "Delivery", text: "We ship to Europe.", metadata: {} },
    { _id: 2, title: "", text: "Call us." },
    { _id: "constructor", text: "By e-mail." },
  ),
  "queries.jsonl": lines({ _id: "q1", text: "Where to?" }, { _id: "q2", text: "How?" }),
  "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\tconstructor\t0\nq1\t2\t1\nq1\tnot-there\t1\n",
};

function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "qrels"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

test("documents are titles with texts, and queries those that are judged", async () => {
  const { corpus, queries, relevant } = await readBeir(folderWith(FILES));
  assert.deepEqual(Object.entries(corpus), [
    ["2", "Call us."],
    ["d1", "Delivery We ship to Europe."],
    ["constructor", "By e-mail."],
  ]);
  assert.deepEqual(queries, { q1: "Where to?" });
  assert.deepEqual({ ...relevant.q1 }, { d1: 2, constructor: 0, "2": 1, "not-there": 1 });
});

test("files may be packed, and another split has judgements of its own", async () => {
  const { "corpus.jsonl": corpus, ...others } = FILES;
  const dev = "query-id\tcorpus-id\tscore\nq2\t2\t1\n";
  const folder = folderWith({ ...others, "corpus.jsonl.gz": gzipSync(corpus), "qrels/dev.tsv": dev });
  assert.deepEqual((await readBeir(folder, "dev")).queries, { q2: "How?" });
});

for (const [what, files, message] of [
  ["no such split", { "qrels/other.tsv": "" }, /^Expected a folder with qrels\/test\.tsv for data but /],
  [
    "a document that comes twice",
    { ...FILES, "corpus.jsonl": lines({ _id: "d", text: "a" }, { _id: "d", text: "b" }) },
    /corpus\.jsonl, line 2: Expected another _id than of the rows before but received "d"$/,
  ],
  [
    "a document without a text",
    { ...FILES, "corpus.jsonl": lines({ _id: "d", title: "a" }) },
    /corpus\.jsonl, line 1: Expected a column named "text" but /,
  ],
  [
    "a query that is not there",
    { ...FILES, "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq3\td1\t1\n" },
    /test\.tsv, line 2: Expected the _id of a query but received "q3"$/,
  ],
  [
    "a judgement that is no number",
    { ...FILES, "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\tyes\n" },
    /test\.tsv, line 2: Expected a finite number in column "score" but received "yes"$/,
  ],
] as const) {
  test(`${what} is refused, naming where`, async () => {
    const whole = "corpus.jsonl" in files ? files : { ...FILES, ...files, "qrels/test.tsv": undefined };
    const given = Object.fromEntries(Object.entries(whole).filter(([, text]) => text !== undefined));
    await assert.rejects(readBeir(folderWith(given as Record<string, string>)), (error: unknown) => {
      assert.ok(error instanceof LibbertError);
      assert.match(error.message, message);
      return true;
    });
  });
}
