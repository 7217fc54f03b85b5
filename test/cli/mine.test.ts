import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { TINY_MODEL } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const folder = temporaryDirectory();
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const rows = [
  { query: "was the film good", positive: "it was great" },
  { query: "was the plot slow", positive: "it was dull" },
  { query: "was the cast funny", positive: "so quick and warm" },
];
const pairs = write("pairs.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
const corpus = write("corpus.txt", "the music was cold\nthe ending\n");
const MINE = ["mine", "--model", TINY_MODEL, "--device", "cpu", "--dtype", "float32", "--pairs", pairs];
const objects = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("mine writes a line for each negative, those that the API finds", async () => {
  const { stdout, stderr } = await libbertInProcess([...MINE, "--corpus", corpus, "--num-negatives", "2"]);
  await using model = await loadModel(TINY_MODEL, { device: "cpu", dtype: "float32" });
  const texts = ["the music was cold", "the ending"];
  const mined = await model.mineNegatives(pairs, { corpus: texts, numNegatives: 2 });
  assert.deepEqual(objects(stdout), mined.rows);
  assert.deepEqual([mined.rows.length, stderr], [6, ""]);
});

test("a file is written whole, and what is missing is told", async () => {
  const output = join(folder, "triplets.jsonl");
  const { stdout, stderr } = await libbertInProcess([...MINE, "--output", output, "--json"]);
  assert.equal(objects(readFileSync(output, "utf8")).length, 6);
  assert.deepEqual(JSON.parse(stdout), { rows: 6, missing: 3, truncated: 0, output });
  assert.equal(
    stderr,
    `Note: rows fewer than asked for, as too few texts were left: 3\n6 rows written to ${output}\n`,
  );
});

test("an output that is read is refused, and pairs as a corpus", async () => {
  const onto = await libbertInProcess([...MINE, "--output", pairs]);
  assert.match(onto.stderr, /^libbert: Expected another file than the input, .* for --output but received/);
  const table = write("pairs.tsv", "text\ttextPair\na\tb\n");
  const missing = await libbertInProcess(["mine", "--model", "none", "--pairs", join(folder, "none.tsv")]);
  assert.match(missing.stderr, /none\.tsv: Expected a readable file but received/);
  const { stderr } = await libbertInProcess([...MINE, "--corpus", table]);
  assert.match(stderr, /pairs\.tsv: Expected one text a row as a negative but received pairs of texts\n$/);
});
