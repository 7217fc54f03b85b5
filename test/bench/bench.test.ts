import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tableHead, tableRows } from "../../bench/table/markdown.js";
import { measureInTurn } from "../../bench/table/measure.js";
import type { AbsentProgram, Figures, Program, Workload } from "../../bench/table/workload.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const bench = fileURLToPath(new URL("../../bench/bench.js", import.meta.url));

/** Its runs come to these figures, one after the other; it fails when there is none left. */
function program(name: string, ...runs: Figures[]): Program {
  const measure = async () => runs.shift() ?? assert.fail(`${name} is not ready`);
  return { name, dtype: "float32", measure };
}

const absent: AbsentProgram = { name: "elsewhere", dtype: "q8", without: "--peers" };

function workload(quantities: Workload["quantities"], flops?: Workload["flops"]): Workload {
  const peers = [program("peer"), absent];
  return { title: "work", quantities, libbert: program("libbert"), peers, ...(flops && { flops }) };
}

test("programs run in turn and each comes to its medians; one that fails is left out from then on, with a report", async () => {
  const lines: string[] = [];
  const steady = program("steady", { ms: 3 }, { ms: 9 }, { ms: 4 });
  const broken = program("broken", { ms: 1 });
  const outcomes = await measureInTurn([steady, broken, absent], 3, (line) => lines.push(line));
  assert.deepEqual(outcomes[0], { figures: { ms: 4 } });
  assert.match(String((outcomes[1] as { failure: unknown }).failure), /broken is not ready/);
  assert.deepEqual(outcomes[2], absent);
  assert.deepEqual(
    lines.map((line) => line.split(",")[0]),
    ["steady", "broken", "steady", "broken", "steady"],
  );
});

test("a row has both figures, libbert's share of the matrix rate and how much faster it is; a peer that was not given is named", () => {
  const rows = tableRows(
    workload(["tokens/s"], { quantity: "tokens/s", each: 2e9 }),
    { libbert: { figures: { "tokens/s": 300 } }, peers: [{ figures: { "tokens/s": 200 } }, absent] },
    1e12,
  );
  assert.deepEqual(rows, [
    "| work | tokens/s | float32 | 300 | 60 % | peer | float32 | 200 | 1.50x as fast |",
    "| work | tokens/s | float32 | 300 | 60 % | elsewhere | q8 | not run: no --peers |  |",
  ]);
  const columns = (line: string) => line.split("|").length;
  for (const line of [...tableHead().split("\n"), ...rows]) assert.equal(columns(line), 11);
});

test("less time is faster, less memory is a smaller part, and what failed is compared with nothing", () => {
  const figures = (ms: number, peak: number) => ({ figures: { ms, "peak MiB": peak } });
  const cells = (line: string) => line.split(" | ").slice(-2);
  const half = tableRows(
    workload(["ms", "peak MiB"]),
    { libbert: figures(2, 300), peers: [figures(4, 600), absent] },
    1,
  );
  assert.deepEqual(cells(half[0]!), ["4.00", "2.00x as fast |"]);
  assert.deepEqual(cells(half[2]!), ["600", "0.50x the memory |"]);
  const [failed] = tableRows(
    workload(["ms"]),
    { libbert: figures(2, 300), peers: [{ failure: new Error() }, absent] },
    1,
  );
  assert.deepEqual(cells(failed!), ["failed", " |"]);
});

/** What the benchmark reads: a few sentences, a review, a vocabulary, an encoder without a task. */
function writeData(folder: string): void {
  const words = ["good", "bad", "film"];
  for (const name of ["sst2", "vocab", "corpus"]) mkdirSync(join(folder, name));
  writeFileSync(
    join(folder, "vocab/bert-base-uncased.txt"),
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words].join("\n"),
  );
  const lines = Array.from({ length: 8 }, (_, row) => `a ${words[row % 3]} film\t${row % 2}`);
  for (const split of ["train", "dev"])
    writeFileSync(join(folder, `sst2/${split}.tsv`), ["sentence\tlabel", ...lines, ""].join("\n"));
  const review = JSON.stringify({ text: "a good film ".repeat(400) });
  writeFileSync(join(folder, "corpus/reviews.jsonl"), `${review}\n`);
  const model = join(folder, "model");
  cpSync(goldenPath("tiny-bert"), model, { recursive: true }); // for its tokenizer
  cpSync(goldenPath("tiny-bert-bare"), model, { recursive: true });
}

test("npm run bench prints the machine, its matrix rate and the rows that are asked for", () => {
  const data = temporaryDirectory();
  writeData(data);
  const given = ["--data", data, "--model", join(data, "model")];
  const words = [bench, "--quick", "--rows", "base-128,one-sentence-float32", ...given];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /cores, Node\.js v\d.*, LibTorch \d/);
  assert.match(
    stdout,
    /`npm run bench -- --quick --rows base-128,one-sentence-float32 --data DATA --model MODEL`/,
  );
  assert.match(stdout, /matrix rate in \w+: [\d.]+ TFLOP\/s/);
  const rows = stdout.split("\n").slice(stdout.split("\n").findIndex((line) => /^\| ---/.test(line)) + 1);
  const [training, , embedding] = rows;
  assert.match(
    training!,
    /^\| training BERT-tiny, 4 x 128 tokens.* \| tokens\/s \| \w+ \| [\d.]+ \| \d+ % \| transformers/,
  );
  assert.match(embedding!, /^\| embedding one sentence \| ms \| float32 \| [\d.]+ \| {2}\| onnxruntime-node/);
  assert.equal(rows.filter((line) => line.includes("| not run: no --python")).length, 5, stdout);
});

test("npm run bench names the rows that there are", () => {
  const data = temporaryDirectory();
  writeData(data);
  const words = [bench, "--rows", "base", "--data", data, "--model", join(data, "model")];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^Expected minilm-sst2, base-sst2, .* for --rows but received "base"\n$/);
});
