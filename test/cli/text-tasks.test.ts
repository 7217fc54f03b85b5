import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { labelledTexts, libbert, TINY_MODEL, writeTsv } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const FINE_TUNE = ["fine-tune", "--model", TINY_MODEL, "--max-seq-length", "64", "--epochs", "2"];
const rows = labelledTexts(48);

test("multi-label: thresholds tuned or given, predictions between |, a report for people", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "rows.tsv");
  const lines = rows.map(({ text, label }, row) => `${text}\t${row % 4 ? label : `${label}|fourth`}\n`);
  writeFileSync(file, `text\tlabels\n${lines.join("")}text without labels\t\n`);
  const outputDir = join(folder, "model");
  const task = ["--task", "multi-label", "--train", file, "--validation", file, "--output-dir", outputDir];
  const run = await libbertInProcess([...FINE_TUNE, ...task, "--threshold", "tuned", "--json"]);
  assert.equal(run.status, 0, run.stderr);
  assert.ok("microF1" in JSON.parse(run.stdout).metrics);
  const { label_thresholds } = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual(Object.keys(label_thresholds), ["fourth", "negative", "neutral", "positive"]);

  const given = await libbertInProcess([...FINE_TUNE, ...task, "--overwrite", "--threshold", "0.01"]);
  assert.equal(given.status, 0, given.stderr);
  const predicted = await libbertInProcess(["predict", "--model", outputDir, "--text", "a good\tfilm"]);
  assert.equal(predicted.stdout, "fourth|negative|neutral|positive\ta good film\n", predicted.stderr);
  await using model = await loadModel(outputDir, { task: "multi-label" });
  const json = await libbertInProcess(["predict", "--model", outputDir, "--text", "a good film", "--json"]);
  const [expected] = await model.predict(["a good film"]);
  assert.deepEqual(JSON.parse(json.stdout), { text: "a good film", ...expected });

  const evaluated = await libbertInProcess(["evaluate", "--model", outputDir, "--data", file]);
  assert.match(evaluated.stdout, /^microF1 +0\.\d{4}$/m);
  assert.match(evaluated.stdout, /^label +precision +recall +f1 +support +threshold$/m);
  assert.match(evaluated.stdout, /^neutral +0\.\d{4} +1 +0\.\d{4} +16 +0\.0100$/m);
  assert.match(
    evaluated.stdout,
    /^\S+rows\.tsv, line \d+: expected \S.*, predicted fourth\|negative\|neutral\|positive$/m,
  );
});

test("regression: figures, predictions and the worst mistakes", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "rows.tsv");
  writeFileSync(file, `text\tscore\n${rows.map(({ text }) => `${text}\t${text.length / 10}\n`).join("")}`);
  const outputDir = join(folder, "model");
  const run = await libbertInProcess([
    ...FINE_TUNE,
    "--task",
    "regression",
    "--train",
    file,
    "--output-dir",
    outputDir,
  ]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /^Training on 48 rows: 4 updates in 2 epochs$/m);
  await using model = await loadModel(outputDir, { task: "regression" });
  const [expected] = await model.predict(["a good film"]);
  const predicted = await libbertInProcess(["predict", "--model", outputDir, "--text", "a good film"]);
  assert.equal(predicted.stdout, `${expected!.score.toFixed(4)}\ta good film\n`, predicted.stderr);
  const evaluated = await libbertInProcess(["evaluate", "--model", outputDir, "--data", file]);
  assert.match(evaluated.stdout, /^pearson +-?\d/m);
  assert.match(evaluated.stdout, /^worst mistakes\n\S+rows\.tsv, line \d+: expected \d.*, predicted -?\d/m);
});

test("classification: evaluate shows scores of labels, confusion matrix, calibration and the worst mistakes", async (t) => {
  const file = writeTsv(temporaryFolder(t), "rows.tsv", rows);
  const { stdout, stderr } = await libbertInProcess(["evaluate", "--model", TINY_MODEL, "--data", file]);
  assert.match(stdout, /^accuracy +0\.\d{4}$/m, stderr);
  assert.match(stdout, /^label +precision +recall +f1 +support$/m);
  assert.match(stdout, /^true \\ predicted +negative +neutral +positive$/m);
  const matrix = [...stdout.matchAll(/^(?:negative|neutral|positive) +(\d+) +(\d+) +(\d+)$/gm)];
  assert.equal(matrix.length, 3);
  const total = matrix.flatMap((line) => line.slice(1).map(Number)).reduce((sum, count) => sum + count, 0);
  assert.equal(total, 48);
  assert.match(stdout, /^expected calibration error +0\.\d{4}\nconfidence +mean +accuracy +rows$/m);
  assert.match(
    stdout,
    /^worst mistakes\n\S+rows\.tsv, line \d+: expected \w+, predicted \w+\n {2}the \w+ story was /m,
  );
});

test("standard input holds rows of any form, once", async (t) => {
  const folder = temporaryFolder(t);
  const few = rows.slice(0, 6);
  const file = writeTsv(folder, "rows.tsv", few);
  const evaluate = ["evaluate", "--model", TINY_MODEL, "--dtype", "float32", "--json", "--data"];
  const lossOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout).metrics.loss;
  const expected = lossOf(await libbertInProcess([...evaluate, file]));
  const semicolons = ["text;label", ...few.map(({ text, label }) => `${text};${label}`)].join("\n");
  const json = few.map((row) => JSON.stringify(row)).join("\n");
  for (const input of [semicolons, `\n${json}`])
    assert.equal(lossOf(libbert([...evaluate, "-"], { input })), expected);
  assert.match(
    libbert([...evaluate, "-", "--column-names", "text,label"], { input: json }).stderr,
    /Expected no value, as standard input is no table without a header line, for --column-names/,
  );

  const both = ["--task", "classification", "--model", TINY_MODEL, "--train", "-", "--validation", "-"];
  assert.match(
    (await libbertInProcess(["fine-tune", ...both])).stderr,
    /Expected a file, as standard input holds the training rows, for --validation but received "-"/,
  );
  const search = ["search", ...both, "--output-dir", join(folder, "search")];
  assert.match(
    (await libbertInProcess(search)).stderr,
    /Expected a file or an array, which can be read more than once, for --train/,
  );
});
