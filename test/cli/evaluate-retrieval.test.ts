import "../support/one-thread.js";

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel, readBeir } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { TINY_MODEL } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const folder = temporaryDirectory();
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const asLines = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join("\n");
const documents = ["it was great", "it was dull", "so quick and warm", "the music was cold"];
const queries = ["was the film good", "was the plot slow", "was the cast funny"];
mkdirSync(join(folder, "qrels"));
write("corpus.jsonl", asLines(documents.map((text, number) => ({ _id: `d${number}`, title: "", text }))));
write("queries.jsonl", asLines(queries.map((text, number) => ({ _id: `q${number}`, text }))));
write("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq0\td0\t2\nq0\td2\t1\nq1\td1\t1\n");
const RANKER = goldenPath("cross-encoder");
const COMPUTE = ["--device", "cpu", "--dtype", "float32"];
const EVALUATE = ["evaluate-retrieval", "--model", TINY_MODEL, ...COMPUTE];
const BEIR = [...EVALUATE, "--data", folder];

test("a folder of BEIR has the figures that the API gives, by vectors and with a ranker", async () => {
  await using model = await loadModel(TINY_MODEL, { device: "cpu", dtype: "float32" });
  await using ranker = await loadModel(RANKER, { task: "reranking", device: "cpu", dtype: "float32" });
  assert.ok(ranker.task === "reranking");
  const wanted = await model.evaluateRetrieval(await readBeir(folder), { ndcgAt: [3], ranker });
  const flags = [...BEIR, "--ndcg-at", "3", "--ranker", RANKER];
  const { stdout } = await libbertInProcess([...flags, "--json"]);
  assert.deepEqual(JSON.parse(stdout), { metrics: wanted });
  assert.deepEqual([wanted.queries, wanted.documents], [2, 4]);
  const table = await libbertInProcess(flags);
  const line = `ndcgAt3 +${wanted.byVectors!.ndcgAt3!.toFixed(4)} +${wanted.ndcgAt3!.toFixed(4)}\n`;
  assert.match(table.stdout, new RegExp(line));
  assert.match(table.stdout, /^queries +2\ndocuments +4\n.*\n +by vectors +reranked\n/);
});

test("rows of pairs are queries with what answers them, among all texts", async () => {
  const pairs = write(
    "pairs.tsv",
    `query\tpositive\n${queries.map((query, n) => `${query}\t${documents[n]}`).join("\n")}\n`,
  );
  const corpus = write("more.txt", `${documents[3]}\n${documents[0]}\n`);
  const { stdout } = await libbertInProcess([...EVALUATE, "--pairs", pairs, "--corpus", corpus, "--json"]);
  const { metrics } = JSON.parse(stdout);
  assert.deepEqual([metrics.queries, metrics.documents, metrics.byVectors], [3, 4, undefined]);
});

for (const [what, flags, message] of [
  ["nothing to evaluate", EVALUATE, /^libbert: Expected either --data or --pairs/],
  [
    "a corpus beside a folder",
    [...BEIR, "--corpus", "a.txt"],
    /^libbert: Expected no value beside --data for --corpus/,
  ],
  [
    "a folder without a corpus",
    [...EVALUATE, "--data", "."],
    /^libbert: Expected a folder with corpus\.jsonl for --data/,
  ],
  ["a split that is not there", [...BEIR, "--qrels", "dev"], /with qrels\/dev\.tsv for --data/],
] as const) {
  test(`${what} is refused, before a model is loaded`, async () => {
    const { status, stderr } = await libbertInProcess([...flags]);
    assert.match(stderr, message);
    assert.equal(status, 2);
  });
}
