import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { questionsOf } from "../session/questions.js";
import { TINY_MODEL } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const MODEL = resolve(packageRoot, "test/golden/data/tiny-bert-questions");
const CONTEXT = "the music of the film was very good, always.";

/** Writes a file in SQuAD's form. */
function writeSquad(folder: string, name: string, rows: ReturnType<typeof questionsOf>): string {
  const paragraphs = rows.map(({ context, question, answers }, index) => ({
    context,
    qas: [
      {
        id: `q${index}`,
        question,
        answers: answers.map((a) => ({ text: a.text, answer_start: a.answerStart })),
      },
    ],
  }));
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ version: "v2.0", data: [{ title: "Films", paragraphs }] }));
  return path;
}

test("fine-tune, evaluate and predict on files in SQuAD's form", async (t) => {
  const folder = temporaryFolder(t);
  const train = writeSquad(folder, "train.json", questionsOf(48, { noAnswerEvery: 4 }));
  const rows = questionsOf(20, { first: 101, noAnswerEvery: 4 });
  const dev = writeSquad(folder, "dev.json", rows);
  const outputDir = join(folder, "model");
  const files = ["--train", train, "--validation", dev, "--output-dir", outputDir];
  const settings = ["--max-seq-length", "32", "--doc-stride", "8", "--epochs", "2", "--batch-size", "16"];
  const run = await libbertInProcess([
    "fine-tune",
    "--task",
    "question-answering",
    "--model",
    MODEL,
    ...files,
    ...settings,
  ]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /^Training on 48 rows: \d+ updates in 2 epochs$/m);
  assert.match(
    run.stderr,
    /^Evaluation after step \d+ \(epoch 2\) on 20 rows: f1 \S+, exactMatch \S+, bestF1 .*, loss \S+$/m,
  );

  await using model = await loadModel(outputDir, { task: "question-answering" });
  const evaluated = await libbertInProcess(["evaluate", "--model", outputDir, "--data", dev, "--json"]);
  assert.deepEqual(JSON.parse(evaluated.stdout), { metrics: await model.evaluate(dev) }, evaluated.stderr);

  const output = join(folder, "predictions.json");
  const written = await libbertInProcess([
    "predict",
    "--model",
    outputDir,
    "--input",
    dev,
    "--output",
    output,
    "--json",
  ]);
  assert.equal(written.stdout, `${JSON.stringify({ rows: 20, output })}\n`, written.stderr);
  const answers = (await model.predict(rows)).map(({ answer }, index) => [`q${index}`, answer ?? ""]);
  assert.deepEqual(JSON.parse(readFileSync(output, "utf8")), Object.fromEntries(answers));
});

test("predict --question --context writes answer, score and question, or an object with all", async () => {
  await using model = await loadModel(MODEL, { task: "question-answering" });
  const input = { question: "was it\tgood ?", context: CONTEXT };
  const { answer, score } = (await model.predict([input]))[0]!;
  const given = ["predict", "--model", MODEL, "--question", input.question, "--context", input.context];
  const line = await libbertInProcess(given);
  assert.equal(line.stdout, `${answer}\t${score.toFixed(4)}\twas it good ?\n`, line.stderr);

  const json = await libbertInProcess([...given, "--json", "--n-best", "3", "--max-answer-length", "2"]);
  const [expected] = await model.predict([input], { nBest: 3, maxAnswerLength: 2 });
  assert.deepEqual(JSON.parse(json.stdout), { question: input.question, ...expected }, json.stderr);

  const none = await libbertInProcess([...given, "--no-answer-threshold", "-1000"]);
  assert.match(none.stdout, /^\t[01]\.\d{4}\twas it good \?\n$/);
});

test("predict reads rows without answers, in their order, and names them by their ids", async (t) => {
  const folder = temporaryFolder(t);
  const input = join(folder, "questions.jsonl");
  const rows = questionsOf(600).map(({ question, context }, index) => ({
    id: `x${index}`,
    question,
    context,
  }));
  writeFileSync(input, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const { stdout, stderr } = await libbertInProcess([
    "predict",
    "--model",
    MODEL,
    "--input",
    input,
    "--json",
  ]);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ id, question }) => [id, question]),
    rows.map(({ id, question }) => [id, question]),
    stderr,
  );
  for (const [index, { answer, start, end }] of lines.entries())
    assert.equal(rows[index]!.context.slice(start, end), answer);
});

test("a predictions file needs an id of its own for every question", async (t) => {
  const folder = temporaryFolder(t);
  const [row] = questionsOf(1);
  const output = join(folder, "predictions.json");
  const cases: [ids: (string | undefined)[], message: RegExp][] = [
    [
      ["a", undefined],
      /line 2: Expected an id, by which a \.json file names the answers, but received none\n$/,
    ],
    [["a", "b", "a"], /line 3: Expected an id that no other question has but received "a"\n$/],
  ];
  for (const [ids, message] of cases) {
    const input = join(folder, "questions.jsonl");
    writeFileSync(input, ids.map((id) => `${JSON.stringify({ id, ...row })}\n`).join(""));
    const { status, stderr } = await libbertInProcess([
      "predict",
      "--model",
      MODEL,
      "--input",
      input,
      "--output",
      output,
    ]);
    assert.match(stderr, message);
    assert.equal(status, 1);
    assert.deepEqual(readdirSync(folder), ["questions.jsonl"]);
  }
});

test("flags of another task than the model's are refused", async () => {
  const cases: [args: string[], message: string][] = [
    [["--model", MODEL, "--text", "a"], "Expected no --text: the model is for question-answering"],
    [
      ["--model", MODEL, "--question", "a"],
      "Expected --context beside --question: the text that may answer it",
    ],
    [
      ["--model", MODEL, "--input", join(MODEL, "config.json"), "--context", "b"],
      "Expected --context beside --question, not beside --input",
    ],
    [
      ["--model", TINY_MODEL, "--question", "a", "--context", "b"],
      "Expected no --question: the model is for classification",
    ],
    [
      ["--model", TINY_MODEL, "--text", "a", "--n-best", "2"],
      "Expected no --n-best: the model is for classification",
    ],
    [
      ["--model", MODEL, "--question", "a", "--context", "b", "--text-column", "c"],
      "Expected no --text-column: the model is for question-answering",
    ],
  ];
  const evaluation = ["evaluate", "--model", MODEL, "--data", "package.json", "--label-column", "gold"];
  const calls: [args: string[], message: string][] = [
    ...cases.map(([args, message]): [string[], string] => [["predict", ...args], message]),
    [evaluation, "Expected no --label-column: the model is for question-answering"],
  ];
  for (const [args, message] of calls) {
    const { status, stderr } = await libbertInProcess(args);
    assert.equal(stderr, `libbert: ${message}\n`);
    assert.equal(status, 2);
  }
});
