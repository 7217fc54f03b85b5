import "../support/one-thread.js";

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { goldenJson, goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { libbertInProcess } from "./in-process.js";

const { query } = goldenJson<{ query: string }>("cross-encoder/cases.json");
const MODEL = ["rank", "--model", goldenPath("cross-encoder"), "--device", "cpu", "--query", query];
const documents = ["the film was good", "a slow, dull plot", "Anna\tin Paris"];
const given = documents.flatMap((document) => ["--document", document]);

test("rank writes a line for each document, the best first: score, number, text", async () => {
  const { stdout, stderr } = await libbertInProcess([...MODEL, ...given]);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(stderr, "");
  assert.equal(lines.length, 3);
  const cells = lines.map((line) => line.split("\t"));
  assert.deepEqual(cells.map(([, index]) => index).sort(), ["0", "1", "2"]);
  for (const [score, index, text] of cells) {
    assert.match(score!, /^0\.\d{4}$/);
    assert.equal(text, documents[Number(index)]!.replace("\t", " "));
  }
  const scores = cells.map(([score]) => Number(score));
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
});

test("documents come from files, too, and --json gives one object", async () => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "documents.txt"), documents.slice(0, 2).join("\n"));
  writeFileSync(join(folder, "pairs.tsv"), "text\ttextPair\na\tb\n");
  const ofFile = await libbertInProcess([...MODEL, "--input", join(folder, "documents.txt"), "--json"]);
  const ofFlags = await libbertInProcess([...MODEL, ...given.slice(0, 4), "--top-k", "2", "--json"]);
  const { ranked, ...rest } = JSON.parse(ofFile.stdout);
  assert.deepEqual(rest, { query, documents: 2 });
  assert.deepEqual(JSON.parse(ofFlags.stdout), { query, documents: 2, ranked });
  assert.deepEqual(Object.keys(ranked[0]), ["index", "score", "document"]);
  const pairs = await libbertInProcess([...MODEL, "--input", join(folder, "pairs.tsv")]);
  assert.match(pairs.stderr, /pairs\.tsv: Expected one text a row to rank but received pairs of texts\n$/);
});

test("documents are given by flags or by a file, and a long one is counted as cut", async () => {
  const neither = await libbertInProcess(MODEL);
  assert.equal(neither.status, 2);
  assert.equal(neither.stderr, "libbert: Expected either --document or --input: the documents to rank\n");
  const cut = await libbertInProcess([...MODEL, ...given, "--max-length", "12", "--activation", "identity"]);
  assert.match(cut.stderr, /inputs cut to what the model reads: \d of 3/);
  assert.match(cut.stdout, /^-0\./);
});
