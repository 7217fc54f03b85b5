import "../support/one-thread.js";

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ClassificationPrediction, loadModel, type Model } from "../../lib/index.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { ended, labelledTexts, libbert, MAIN, startLibbert, TINY_MODEL, writeTsv } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const PREDICT = ["predict", "--model", TINY_MODEL];

let model: Model<"classification">;
before(async () => {
  model = await loadModel(TINY_MODEL, { task: "classification" });
});
after(() => model.dispose());

function lines(text: string): string[] {
  assert.ok(text.endsWith("\n"));
  return text.slice(0, -1).split("\n");
}

/** How a text's position in its batch may change its score: bfloat16 has three digits. */
const TOLERANCE = 0.01;

function assertPredictions(
  actual: (ClassificationPrediction & { text: string })[],
  texts: string[],
  expected: ClassificationPrediction[],
): void {
  assert.deepEqual(
    actual.map(({ text }) => text),
    texts,
  );
  for (const [row, { label, score, scores }] of actual.entries()) {
    assert.equal(score, scores[label]);
    assert.deepEqual(Object.keys(scores), model.labels);
    for (const name of model.labels) {
      assert.ok(Math.abs(scores[name]! - expected[row]!.scores[name]!) < TOLERANCE, `row ${row}, ${name}`);
    }
  }
}

test("predict --text writes label, score and text; a pair's second text goes in too", async () => {
  const { status, stdout, stderr } = libbert([...PREDICT, "--text", "a good film"]);
  const [{ label, score }] = (await model.predict(["a good film"])) as [ClassificationPrediction];
  assert.equal(stdout, `${label}\t${score.toFixed(4)}\ta good film\n`, stderr);
  assert.equal(status, 0);

  const pair = await libbertInProcess([
    ...PREDICT,
    "--text",
    "a good film",
    "--text-pair",
    "a bad\tplot",
    "--json",
  ]);
  const [expected] = await model.predict([["a good film", "a bad\tplot"]]);
  assert.deepEqual(JSON.parse(pair.stdout), { text: "a good film", textPair: "a bad\tplot", ...expected });
});

test("predict says of texts that are longer than the model reads that they were cut", async () => {
  const texts = ["a good film ".repeat(40), "a good film"];
  const predictions = await model.predict(texts);
  assert.deepEqual(
    predictions.map(({ truncated }) => truncated),
    [true, undefined],
  );
  const features = await model.features(texts);
  assert.deepEqual(
    features.map(({ truncated }) => truncated),
    [true, undefined],
  );
  const { stderr } = libbert([...PREDICT, "--input", "-"], { input: texts.join("\n") });
  assert.equal(stderr, "Note: inputs cut to what the model reads: 1 of 2\n");
});

test("predict says which files are not as they were saved with the weights, in one line", async (context) => {
  const folder = join(temporaryFolder(context), "model");
  await model.save(folder);
  const args = ["predict", "--model", folder, "--text", "a good film"];
  assert.equal(libbert(args).stderr, "");
  appendFileSync(join(folder, "vocab.txt"), "\n");
  const { status, stderr } = libbert(args);
  assert.match(stderr, /^Note: Files in .*: vocab\.txt; restore them, .*\n$/);
  assert.equal(status, 0);
});

test("predict --input - answers a line before the next one is there", { timeout: 60_000 }, async () => {
  const child = startLibbert([...PREDICT, "--input", "-"]);
  child.stdout.setEncoding("utf8");
  for (const text of ["a good film", "a bad film"]) {
    child.stdin.write(`${text}\n`);
    const [line] = (await once(child.stdout, "data")) as [string];
    assert.equal(line.split("\t")[2], `${text}\n`);
  }
  child.stdin.end();
  assert.equal((await ended(child)).code, 0);
});

test("predict --input - reads a text a line from standard input, empty lines too", async () => {
  const texts = ["a good film", "", "the dull plot\tand cast", "no line break at the end"];
  const { status, stdout, stderr } = libbert([...PREDICT, "--input", "-"], { input: texts.join("\n") });
  assert.equal(status, 0, stderr);
  const rows = lines(stdout).map((line) => line.split("\t"));
  assert.deepEqual(
    rows.map(([, , text]) => text),
    texts.map((text) => text.replace("\t", " ")),
  );
  for (const [label, score] of rows) {
    assert.ok(model.labels.includes(label!));
    assert.match(score!, /^0\.\d{4}$/);
  }
});

test("predict reads files larger than one array of rows, in their order, and needs no labels", async (t) => {
  const folder = temporaryFolder(t);
  const texts = labelledTexts(1100).map(({ text }, row) => `${text} ${row}`);
  const expected = await model.predict(texts);
  const file = join(folder, "texts.jsonl");
  writeFileSync(file, texts.map((body) => `${JSON.stringify({ body })}\n`).join(""));
  const output = join(folder, "scores.jsonl");

  const printed = await libbertInProcess([...PREDICT, "--input", file, "--text-column", "body", "--json"]);
  assert.equal(printed.status, 0, printed.stderr);
  assertPredictions(
    lines(printed.stdout).map((line) => JSON.parse(line)),
    texts,
    expected,
  );

  const written = await libbertInProcess([
    ...PREDICT,
    "--input",
    file,
    "--text-column",
    "body",
    "--output",
    output,
    "--json",
  ]);
  assert.equal(written.stdout, `${JSON.stringify({ rows: 1100, output })}\n`, written.stderr);
  assert.equal(readFileSync(output, "utf8"), printed.stdout);
});

test("a run that fails leaves no output file, and an older one as it was", async (t) => {
  const folder = temporaryFolder(t);
  const input = writeTsv(folder, "texts.tsv", labelledTexts(600));
  writeFileSync(input, "one cell too few\n", { flag: "a" });
  const output = join(folder, "labels.tsv");
  writeFileSync(output, "from before\n");
  const { status, stderr } = await libbertInProcess([...PREDICT, "--input", input, "--output", output]);
  assert.match(stderr, /^libbert: \S+texts\.tsv, line 602: Expected 2 columns .* but received 1\n$/);
  assert.equal(status, 1);
  assert.equal(readFileSync(output, "utf8"), "from before\n");
  assert.deepEqual(readdirSync(folder).sort(), ["labels.tsv", "texts.tsv"]);
});

test("an output file that cannot be written is a bad option, told before anything is computed", async () => {
  const { status, stderr } = await libbertInProcess([
    ...PREDICT,
    "--text",
    "a",
    "--output",
    "/nowhere/scores.tsv",
  ]);
  assert.equal(
    stderr,
    'libbert: Expected a writable file for --output but received "/nowhere/scores.tsv": ENOENT: no such file or directory\n',
  );
  assert.equal(status, 2);
  assert.ok(!existsSync("/nowhere"));
});

test("an output file that is the input, behind a link too, is refused, and stays as it was", async (t) => {
  const folder = temporaryFolder(t);
  const input = writeTsv(folder, "texts.tsv", labelledTexts(3));
  const before = readFileSync(input, "utf8");
  const link = join(folder, "link.tsv");
  symlinkSync(input, link);
  for (const [command, source] of [
    [PREDICT, "--input"],
    [["embed", "--model", TINY_MODEL], "--input"],
    [["find-lr", "--task", "classification", "--model", TINY_MODEL], "--train"],
  ] as const) {
    const { status, stderr } = await libbertInProcess([...command, source, link, "--output", input]);
    assert.equal(
      stderr,
      `libbert: Expected another file than the input, which it would replace, for --output but received "${input}"\n`,
    );
    assert.equal(status, 2);
  }
  assert.equal(readFileSync(input, "utf8"), before);
});

test("a reader that has seen enough, as head, ends predict quietly", async () => {
  const run = startLibbert([...PREDICT, "--input", "-"]);
  const end = ended(run);
  run.stdin.on("error", () => {}); // it ends before it has read everything
  const feed = setInterval(() => run.stdin.write("a good film\n".repeat(1000)), 20);
  await once(run.stdout, "data");
  run.stdout.destroy();
  const { code, stderr } = await end;
  clearInterval(feed);
  assert.equal(stderr, "");
  assert.equal(code, 0);
});

test("Ctrl-C ends predict while it waits for a line of standard input", { timeout: 60_000 }, async () => {
  const child = startLibbert([...PREDICT, "--input", "-"]);
  const end = ended(child);
  child.stdin.write("a good film\n");
  await once(child.stdout, "data"); // it waits for the second line
  child.kill("SIGINT");
  const { code, stderr } = await end;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /libbert: Interrupted by SIGINT; nothing was saved\n$/);
});

test("an output that cannot be written is one sentence", async () => {
  const command = [...PREDICT, "--text", "a good film"];
  const { status, stderr } = await libbertInProcess([...command, "--output", "/dev/full"]);
  assert.match(
    stderr,
    /^libbert: Expected to write the file to \/dev\/full for --output but received ENOSPC.*\n$/,
  );
  assert.equal(status, 1);
  const full = openSync("/dev/full", "w");
  const { status: code, stderr: said } = spawnSync(process.execPath, [MAIN, ...command], {
    encoding: "utf8",
    stdio: ["ignore", full, "pipe"],
  });
  closeSync(full);
  assert.equal(said, "libbert: The output could not be written: ENOSPC: no space left on device, write\n");
  assert.equal(code, 1);
});

test("columns and their names are refused for a text, and for lines of text", async (t) => {
  const path = join(temporaryFolder(t), "texts.txt");
  writeFileSync(path, "a good film\n");
  for (const [source, flag, message] of [
    [["--input", path], "--text-column", "beside lines of text, which have no columns,"],
    [["--input", path], "--column-names", "as what has lines of text is no table without a header line,"],
    [["--text", "a film"], "--text-column", "beside a text, which has no columns,"],
    [["--text", "a film"], "--column-names", "as a text is no table without a header line,"],
  ] as const) {
    const { status, stderr } = await libbertInProcess([...PREDICT, ...source, flag, "body"]);
    assert.match(stderr, new RegExp(`^libbert: Expected no value,? ${message} for ${flag} but received `));
    assert.equal(status, 2);
  }
});

test("a file of --input that nothing reads is refused before a model is loaded, by every command that takes it", async (t) => {
  const path = join(temporaryFolder(t), "texts.wrong");
  writeFileSync(path, "a good film\n");
  const ofTexts = ".txt, .tsv, .csv, .jsonl or .parquet";
  for (const [words, extensions] of [
    [["predict"], ".txt, .tsv, .csv, .jsonl, .parquet, .json, .conll, .bio or .iob"],
    [["predict", "--task", "classification"], ofTexts],
    [["embed"], ofTexts],
    [["features"], ofTexts],
  ] as const) {
    const command = [...words, "--model", "no model at all", "--input", path];
    const { status, stderr } = await libbertInProcess(command);
    assert.equal(
      stderr,
      `libbert: ${path}: Expected a file that ends in ${extensions} but received .wrong\n`,
    );
    assert.equal(status, 1);
  }
});

test("a file of --input that is not there, or cannot be read, is refused before a model is loaded", async (t) => {
  const folder = temporaryFolder(t);
  const inFolder = (name: string) => join(folder, name);
  mkdirSync(inFolder("folder.csv"));
  symlinkSync("circle.tsv", inFolder("circle.tsv")); // which not even root can read
  for (const [name, received] of [
    ["none.txt", "ENOENT: no such file or directory"],
    ["circle.tsv", "ELOOP: too many symbolic links encountered"],
    ["folder.csv", "a folder"],
  ] as const) {
    for (const command of ["predict", "embed", "features"]) {
      const words = [command, "--model", "no model at all", "--input", inFolder(name)];
      const { status, stderr } = await libbertInProcess(words);
      assert.equal(stderr, `libbert: ${inFolder(name)}: Expected a readable file but received ${received}\n`);
      assert.equal(status, 1);
    }
  }
});
