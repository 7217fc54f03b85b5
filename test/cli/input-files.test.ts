import "../support/one-thread.js";

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { packageRoot } from "../../lib/runtime/paths.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { goldenPath } from "../support/golden.js";
import { labelledTexts, libbert, TINY_MODEL, writeTsv } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const PREDICT = ["predict", "--dtype", "float32", "--json", "--model"];
const TOKENS = resolve(packageRoot, "test/golden/data/tiny-bert-tokens");
const QUESTIONS = resolve(packageRoot, "test/golden/data/tiny-bert-questions");
const TEXTS = ["a good film", "a bad film"];

/** The fields of each line of JSON that a command prints for what standard input holds. */
function printed(args: string[], input: string | Uint8Array): Record<string, unknown>[] {
  const { stdout, stderr, status } = libbert([...args, "--input", "-"], { input });
  assert.equal(status, 0, stderr);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("standard input has the form that --format says, or a text a line, and may be packed with gzip", () => {
  const rows = TEXTS.map((text) => ({ text, id: 1 }));
  const csv = `id,text\n${rows.map(({ text, id }) => `${id},${text}`).join("\n")}\n`;
  for (const [format, input] of [
    [[], TEXTS.join("\n")],
    [["--format", "txt"], gzipSync(TEXTS.join("\n"))],
    [["--format", "csv"], gzipSync(csv)],
    [["--format", "tsv"], csv.replaceAll(",", "\t")],
    [["--format", "jsonl"], rows.map((row) => JSON.stringify(row)).join("\n")],
  ] as const)
    assert.deepEqual(
      printed([...PREDICT, TINY_MODEL, ...format], input).map(({ text }) => text),
      TEXTS,
      format.join(" "),
    );
});

test("standard input has words, questions in SQuAD's form, or their rows", () => {
  const tagged = printed([...PREDICT, TOKENS, "--format", "conll"], "Anna O\nleft O\n\nShe O\n");
  assert.deepEqual(
    tagged.map(({ tokens }) => tokens),
    [["Anna", "left"], ["She"]],
  );
  const question = { question: "Who?", context: "the music of the film was good" };
  const squad = { data: [{ paragraphs: [{ context: question.context, qas: [{ question: "Who?" }] }] }] };
  for (const [format, input] of [
    [["--format", "json"], JSON.stringify(squad)],
    [[], JSON.stringify(question)],
  ] as const)
    assert.equal(printed([...PREDICT, QUESTIONS, ...format], input)[0]!.question, "Who?");
});

test("a file has the form that --format says, whatever its name", async (t) => {
  const path = join(temporaryFolder(t), "texts.data");
  writeFileSync(path, `text\n${TEXTS[0]}\n`);
  const command = [...PREDICT, TINY_MODEL, "--format", "csv", "--input", path];
  const { stdout, stderr } = await libbertInProcess(command);
  assert.equal(JSON.parse(stdout || stderr).text, TEXTS[0]);
});

test("a form that is not read, beside no file, or from a pipe, is refused before a model is loaded", async () => {
  for (const [args, message] of [
    [
      ["--task", "classification", "--format", "conll", "--input", "-"],
      'Expected one of txt, tsv, csv, jsonl, parquet for --format but received "conll"',
    ],
    [
      ["--format", "csv", "--text", "a"],
      'Expected no value without files of inputs for --format but received "csv"',
    ],
    [
      ["--format", "parquet", "--input", "-"],
      "standard input: Expected text but received a Parquet file, which cannot be read from a pipe: give its path",
    ],
  ] as const) {
    const { stderr } = await libbertInProcess(["predict", "--model", "no model at all", ...args]);
    assert.equal(stderr, `libbert: ${message}\n`);
  }
});

test("fine-tune, evaluate and predict take several files, patterns, and Parquet", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "parts"));
  const rows = labelledTexts(12);
  const parts = [0, 1].map((part) =>
    writeTsv(folder, `parts/${part}.tsv`, rows.slice(part * 6, part * 6 + 6)),
  );
  const outputDir = join(folder, "model");
  const settings = ["--epochs", "1", "--batch-size", "4", "--output-dir", outputDir, "--json"];
  const command = ["fine-tune", "--task", "classification", "--model", TINY_MODEL, ...settings];
  const trained = await libbertInProcess([
    ...command,
    "--train",
    ...parts,
    "--validation",
    join(folder, "parts/*.tsv"),
  ]);
  assert.equal(JSON.parse(trained.stdout.trimEnd().split("\n").at(-1)!).metrics.rows, 12, trained.stderr);
  const report = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  for (const files of [report.data.train, report.data.validation])
    assert.deepEqual(
      files.map(({ path }: { path: string }) => path),
      parts,
    );
  const reviews = goldenPath("parquet/reviews.parquet");
  const evaluated = await libbertInProcess([
    "evaluate",
    "--model",
    outputDir,
    "--data",
    reviews,
    parts[0]!,
    "--json",
  ]);
  assert.equal(JSON.parse(evaluated.stdout).metrics.rows, 10, evaluated.stderr);
  const predicted = await libbertInProcess([
    ...PREDICT,
    outputDir,
    "--input",
    join(folder, "parts/*.tsv"),
    reviews,
  ]);
  assert.equal(predicted.stdout.trimEnd().split("\n").length, 16, predicted.stderr);
  const nothing = await libbertInProcess([...PREDICT, outputDir, "--input", join(folder, "*.csv")]);
  assert.match(
    nothing.stderr,
    /^libbert: Expected a file, or a pattern that matches one, for --input but received /,
  );
});
