import "../support/one-thread.js";

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { ended, labelledTexts, libbert, startLibbert, TINY_MODEL, writeTsv } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const TASK = [
  "--task",
  "classification",
  "--model",
  TINY_MODEL,
  "--max-seq-length",
  "64",
  "--dtype",
  "float32",
];

/** Training and validation rows as files. */
function dataIn(folder: string): string[] {
  const train = writeTsv(folder, "train.tsv", labelledTexts(48));
  return ["--train", train, "--validation", writeTsv(folder, "dev.tsv", labelledTexts(24))];
}

test("search tries the values of flags and of a grid's file, shows a table and keeps the best model", async (t) => {
  const folder = temporaryFolder(t);
  const grid = join(folder, "grid.json");
  writeFileSync(grid, JSON.stringify({ freezeLayers: [1, 2] }));
  const outputDir = join(folder, "search");
  const values = ["--batch-size", "16", "--learning-rate", "1e-5,5e-3", "--epochs", "1", "--grid", grid];
  const command = ["search", ...TASK, ...dataIn(folder), ...values, "--output-dir", outputDir];
  const first = await libbertInProcess(command);
  assert.equal(first.status, 0, first.stderr);
  const lines = first.stdout.trimEnd().split("\n");
  assert.equal(lines[0], "| batchSize | learningRate | epochs | freezeLayers | accuracy | updates |");
  assert.equal(lines.length, 2 + 4);
  assert.match(lines[2]!, /^\| 16 \| (0.005|1e-5) \| 1 \| [12] \| \d\.\d{4} \| 3 \|$/);
  assert.match(first.stderr, /^Trial 4 of 4: batchSize 16, learningRate 0.005, epochs 1, freezeLayers 2$/m);
  assert.equal(readFileSync(join(outputDir, "table.md"), "utf8"), first.stdout.slice(0, -1));

  const again = await libbertInProcess([...command, "--json"]);
  assert.match(again.stderr, /^Trial 4 of 4: .* \(done before\)$/m);
  const { best, metric, trials } = JSON.parse(again.stdout);
  assert.equal(metric, "accuracy");
  assert.equal(trials.length, 4);
  await using model = await loadModel(join(outputDir, "best"), { task: "classification", dtype: "float32" });
  assert.equal((await model.evaluate(join(folder, "dev.tsv"))).accuracy, best.score);
});

test("with a budget a single value holds for all trials, several are the grid, and epochs are refused by their flag", async (t) => {
  const folder = temporaryFolder(t);
  const command = ["search", ...TASK, ...dataIn(folder), "--output-dir", join(folder, "search")];
  const refusals: [values: string[], message: RegExp][] = [
    [["--batch-size", "16"], /at least "32 rows", which one update of each trial needs, for --budget/], // two rates
    [["--batch-size", "8,16,32", "--learning-rate", "1e-4"], /at least "56 rows", .* for --budget/],
    [["--batch-size", "16", "--epochs", "2"], /no value beside budget, .* for --epochs but/],
    [["--epochs", "2,3"], /no value beside budget, .* for --epochs but/],
  ];
  for (const [values, message] of refusals) {
    const { status, stderr } = await libbertInProcess([...command, "--budget", "1 row", ...values]);
    assert.equal(status, 2);
    assert.match(stderr, message);
  }
});

test("Ctrl-C stops a search, and the same command goes on with the trial that it was in", async (t) => {
  const folder = temporaryFolder(t);
  const outputDir = join(folder, "search");
  const values = ["--batch-size", "16", "--learning-rate", "1e-3,5e-3", "--epochs", "20"];
  const command = ["search", ...TASK, ...dataIn(folder), ...values, "--output-dir", outputDir];
  const run = startLibbert(command);
  const end = ended(run);
  let told = "";
  while (!told.includes("Trial 2 of 2")) told += (await once(run.stderr, "data"))[0];
  run.kill("SIGINT");
  const { code, stderr } = await end;
  assert.equal(code, 130, stderr);
  assert.equal(
    stderr.trimEnd().split("\n").at(-1),
    "libbert: Interrupted by SIGINT; the same command goes on with the trial that it was in",
  );
  assert.ok(!existsSync(join(outputDir, "results.json")));
  assert.equal(readdirSync(join(outputDir, "trials")).length, 1);

  const again = await libbertInProcess(command);
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stderr, /^Trial 1 of 2: .* \(done before\)$/m);
  assert.match(again.stderr, /^Trial 2 of 2: [^()]*$/m);
  assert.match(again.stdout, /^\| 16 \| 0.005 \| 20 \| /m);
});

test("find-lr prints the suggested rate and writes the curve", async (t) => {
  const folder = temporaryFolder(t);
  const curve = join(folder, "curve.csv");
  const train = writeTsv(folder, "train.tsv", labelledTexts(48));
  const short = ["--batch-size", "16", "--updates", "30", "--tests", "2"];
  const command = ["find-lr", ...TASK, "--train", train, ...short];
  const { status, stdout, stderr } = libbert([...command, "--output", curve]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^Suggested learning rate: \d\.\de-\d\n$/);
  const lines = readFileSync(curve, "utf8").trimEnd().split("\n");
  assert.equal(lines[0], "learningRate,loss,smoothedLoss");
  assert.match(lines[1]!, /^1e-7,\d\.\d+,\d\.\d+$/);

  const { suggestion, curve: points } = JSON.parse((await libbertInProcess([...command, "--json"])).stdout);
  assert.equal(suggestion.toExponential(1), stdout.trim().split(" ").at(-1));
  assert.equal(points.length, lines.length - 1);
});
