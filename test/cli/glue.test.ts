import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { labelledTexts, libbert, TINY_MODEL } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

/** Writes tables of the given names, each with its header and rows. */
function writeTables(folder: string, tables: Record<string, string[][]>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, rows] of Object.entries(tables))
    writeFileSync(join(folder, name), rows.map((cells) => `${cells.join("\t")}\n`).join(""));
  return folder;
}

/** Pairs of sentences, and the labels in turn. */
function pairs(count: number, labels: readonly string[]): [string, string, string][] {
  const texts = labelledTexts(count + 1).map(({ text }) => text);
  return Array.from({ length: count }, (_, row) => [
    texts[row]!,
    texts[row + 1]!,
    labels[row % labels.length]!,
  ]);
}

const FINE_TUNE = ["fine-tune", "--model", TINY_MODEL, "--max-seq-length", "64", "--epochs", "1"];

test("a recipe brings files, columns, labels, metric and the paper's settings; flags win over it", async (t) => {
  const folder = temporaryFolder(t);
  const rows = (count: number) =>
    pairs(count, ["0", "1"]).map(([a, b, label], id) => [label, String(id), String(id), a, b]);
  const header = ["Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"];
  const dataDir = writeTables(join(folder, "MRPC"), {
    "train.tsv": [header, ...rows(96)],
    "dev.tsv": [header, ...rows(24)],
  });
  const outputDir = join(folder, "model");
  const files = ["--data-dir", dataDir, "--output-dir", outputDir];
  const run = await libbertInProcess([
    ...FINE_TUNE,
    "--recipe",
    "glue/mrpc",
    ...files,
    "--batch-size",
    "16",
    "--json",
  ]);
  assert.equal(run.status, 0, run.stderr);
  const { metrics, steps } = JSON.parse(run.stdout);
  assert.equal(steps, 6); // 96 / 16, once: both flags won over the recipe
  assert.equal(metrics.rows, 24);
  const { options } = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  const { task, labels, metric, learningRate, epochs, maxSeqLength } = options;
  assert.deepEqual(
    { task, labels, metric, learningRate, epochs, maxSeqLength },
    {
      task: "classification",
      labels: ["0", "1"],
      metric: "f1",
      learningRate: 2e-5,
      epochs: 1,
      maxSeqLength: 64,
    },
  );
});

test("MNLI is evaluated on both development sets, and submitted for both test sets", async (t) => {
  const folder = temporaryFolder(t);
  const labels = ["neutral", "entailment", "contradiction"];
  const table = (count: number) => [
    ["index", "genre", "sentence1", "sentence2", "gold_label"],
    ...pairs(count, labels).map(([a, b, label], id) => [String(id), "fiction", a, b, label]),
  ];
  const unlabelled = (count: number) => table(count).map((cells) => cells.slice(0, -1));
  const dataDir = writeTables(join(folder, "MNLI"), {
    "train.tsv": table(32),
    "dev_matched.tsv": table(12),
    "dev_mismatched.tsv": table(15),
    "test_matched.tsv": unlabelled(9),
    "test_mismatched.tsv": unlabelled(11),
  });
  const outputDir = join(folder, "model");
  const recipe = ["--recipe", "glue/mnli", "--data-dir", dataDir];
  const run = await libbertInProcess([...FINE_TUNE, ...recipe, "--output-dir", outputDir, "--json"]);
  assert.equal(run.status, 0, run.stderr);
  const { metrics, mismatched } = JSON.parse(run.stdout);
  assert.deepEqual([metrics.rows, mismatched.rows], [12, 15]);

  const submission = join(folder, "submission");
  const glue = libbert(["glue", ...recipe, "--model", outputDir, "--output-dir", submission, "--json"]);
  assert.equal(glue.status, 0, glue.stderr);
  const result = JSON.parse(glue.stdout);
  assert.deepEqual(
    [result.metrics.matched.accuracy, result.metrics.mismatched.accuracy],
    [metrics.accuracy, mismatched.accuracy],
  );
  assert.deepEqual(result.files, {
    [join(submission, "MNLI-m.tsv")]: 9,
    [join(submission, "MNLI-mm.tsv")]: 11,
  });
  await using model = await loadModel(outputDir, { task: "classification" });
  const predictions = await model.predict(pairs(9, labels).map(([a, b]) => [a, b] as const));
  assert.equal(
    readFileSync(join(submission, "MNLI-m.tsv"), "utf8"),
    `index\tprediction\n${predictions.map(({ label }, index) => `${index}\t${label}\n`).join("")}`,
  );
});

test("STS-B's scores are submitted with three digits; CoLA's files need no header, QQP's may have broken rows", async (t) => {
  const folder = temporaryFolder(t);
  const texts = labelledTexts(40).map(({ text }) => text);
  const scored = [
    ["index", "sentence1", "sentence2", "score"],
    ...texts.map((text, id) => [String(id), text, texts[0]!, String((id % 11) / 2)]),
  ];
  const stsb = writeTables(join(folder, "STS-B"), {
    "train.tsv": scored,
    "dev.tsv": scored,
    "test.tsv": scored.map((cells) => cells.slice(0, 3)),
  });
  const model = join(folder, "stsb");
  const tuned = await libbertInProcess([
    ...FINE_TUNE,
    "--recipe",
    "glue/stsb",
    "--data-dir",
    stsb,
    "--output-dir",
    model,
  ]);
  assert.equal(tuned.status, 0, tuned.stderr);
  assert.match(tuned.stdout, /^pearson +-?\d/m);
  const output = ["--output-dir", join(folder, "submission")];
  const glue = await libbertInProcess([
    "glue",
    "--recipe",
    "glue/stsb",
    "--model",
    model,
    "--data-dir",
    stsb,
    ...output,
  ]);
  assert.equal(glue.status, 0, glue.stderr);
  assert.match(glue.stdout, /^dev\npearson +-?\d\.\d{4}$/m);
  assert.match(glue.stdout, /^40 predictions written to .*STS-B\.tsv$/m);
  const lines = readFileSync(join(folder, "submission", "STS-B.tsv"), "utf8")
    .trimEnd()
    .split("\n");
  assert.equal(lines.length, 41);
  for (const [index, line] of lines.slice(1).entries())
    assert.match(line, new RegExp(`^${index}\t[0-5]\\.\\d{3}$`));

  const cola = texts.map((text, id) => ["gj04", String(id % 2), "", text]);
  const colaDir = writeTables(join(folder, "CoLA"), { "train.tsv": cola, "dev.tsv": cola });
  const colaRun = await libbertInProcess([
    ...FINE_TUNE,
    "--recipe",
    "glue/cola",
    "--data-dir",
    colaDir,
    "--json",
  ]);
  assert.equal(colaRun.status, 0, colaRun.stderr);
  assert.equal(JSON.parse(colaRun.stdout).metrics.rows, 40);

  const qqp = [
    ["id", "qid1", "qid2", "question1", "question2", "is_duplicate"],
    ...texts.map((text, id) => [String(id), "1", "2", text, texts[1]!, String(id % 2)]),
  ];
  const qqpDir = writeTables(join(folder, "QQP"), {
    "train.tsv": [...qqp, ["half a row", "0"], ["41"]],
    "dev.tsv": qqp,
  });
  const qqpRun = await libbertInProcess([
    ...FINE_TUNE,
    "--recipe",
    "glue/qqp",
    "--data-dir",
    qqpDir,
    "--json",
  ]);
  assert.equal(qqpRun.status, 0, qqpRun.stderr);
  assert.match(
    qqpRun.stderr,
    /^Note: \S+train\.tsv: rows with too few or too many columns, passed over: 2$/m,
  );
  assert.match(qqpRun.stderr, /^Training on 40 rows with 2 labels \(0, 1\)/m);
});

test("a recipe, directory, label or model that does not fit ends with one sentence", async (t) => {
  const folder = temporaryFolder(t);
  const header = ["sentence1", "sentence2", "label"];
  const dataDir = writeTables(join(folder, "RTE"), {
    "train.tsv": [header, ["a", "b", "entailment"], ["a", "b", "maybe"]],
    "dev.tsv": [header, ["a", "b", "entailment"]],
  });
  const cases: [string[], status: number, message: RegExp][] = [
    [
      ["--recipe", "glue/rta", "--data-dir", dataDir],
      2,
      /^libbert: Expected one of glue\/cola, .*, glue\/wnli for --recipe but received "glue\/rta"\n$/,
    ],
    [["--recipe", "glue/rte"], 2, /^libbert: Expected --recipe and --data-dir together: /],
    [["--data-dir", dataDir], 2, /^libbert: Expected --recipe and --data-dir together: /],
    [
      ["--recipe", "glue/rte", "--data-dir", dataDir],
      1,
      /libbert: \S+RTE\/train\.tsv, line 3: Expected one of the labels "entailment", "not_entailment" but received "maybe"\n$/,
    ],
    [
      ["--recipe", "glue/rte", "--data-dir", join(folder, "none")],
      1,
      /libbert: \S+none\/train\.tsv: Expected a readable file but received ENOENT/,
    ],
  ];
  for (const [args, status, message] of cases) {
    const run = await libbertInProcess([...FINE_TUNE, ...args]);
    assert.match(run.stderr, message);
    assert.equal(run.status, status);
  }
  const output = join(folder, "submission");
  const glue = (...args: string[]) =>
    libbertInProcess(["glue", "--model", TINY_MODEL, "--data-dir", dataDir, "--output-dir", output, ...args]);
  assert.match(
    (await glue("--recipe", "glue/rte")).stderr,
    /^libbert: Expected a model with the labels of glue\/rte, "entailment", "not_entailment", but it has "negative", /,
  );
  assert.match(
    (await glue("--recipe", "glue/stsb")).stderr,
    /^libbert: Expected a model for regression in \S+tiny-bert but it is for classification\n$/,
  );
  assert.ok(!existsSync(join(output, "RTE.tsv")));
});
