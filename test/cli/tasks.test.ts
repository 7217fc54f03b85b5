import "../support/one-thread.js";

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { labelledTexts, libbert, TINY_MODEL } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const PRETRAINED = resolve(packageRoot, "test/golden/data/tiny-bert-pretraining");
const directory = mkdtempSync(join(tmpdir(), "libbert-tasks-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const SHORT = ["--max-seq-length", "32", "--epochs", "1", "--dtype", "float32"];

/** A command's standard output, when it succeeds. Standard input takes a process of its own. */
async function outputOf(args: string[], input?: string): Promise<string> {
  const run = input === undefined ? libbertInProcess(args) : libbert(args, { input });
  const { status, stdout, stderr } = await run;
  assert.equal(status, 0, stderr);
  return stdout;
}

const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

async function fails(args: string[], message: string, status = 2): Promise<void> {
  const result = await libbertInProcess(args);
  assert.equal(result.stderr.trimEnd().split("\n").at(-1), `libbert: ${message}`);
  assert.equal(result.status, status);
}

test("multiple-choice: fine-tune, evaluate and predict on SWAG's columns", async () => {
  const swag = join(directory, "swag.csv");
  const rows = Array.from(
    { length: 12 },
    (_, row) => `${row},the film,it was,good,bad,"slow, dull",cold,${row % 4}`,
  );
  writeFileSync(swag, `,sent1,sent2,ending0,ending1,ending2,ending3,label\n${rows.join("\n")}\n`);
  const model = join(directory, "chooser");
  const training = [
    "--task",
    "multiple-choice",
    "--model",
    TINY_MODEL,
    "--train",
    swag,
    "--output-dir",
    model,
  ];
  const { metrics, steps } = JSON.parse(
    await outputOf(["fine-tune", ...training, ...SHORT, "--validation", swag, "--batch-size", "4", "--json"]),
  );
  assert.deepEqual(Object.keys(metrics), ["accuracy", "loss", "rows", "truncatedTexts", "report"]);
  assert.deepEqual([steps, metrics.rows], [3, 12]);

  const evaluated = JSON.parse(
    await outputOf(["evaluate", "--model", model, "--data", swag, "--dtype", "float32", "--json"]),
  );
  assert.deepEqual(evaluated, { metrics });

  const choices = join(directory, "choices.jsonl"); // without labels, and of differing number
  writeFileSync(
    choices,
    '{"context": "the\\nfilm", "choices": ["good", "bad"]}\n{"context": "a plot", "question": "it was", "choices": ["a", "b", "c"]}\n',
  );
  const lines = jsonLines(
    await outputOf(["predict", "--model", model, "--input", choices, "--dtype", "float32", "--json"]),
  );
  await using loaded = await loadModel(model, { task: "multiple-choice", dtype: "float32" });
  const expected = await loaded.predict([
    { context: "the\nfilm", choices: ["good", "bad"] },
    { context: "a plot", question: "it was", choices: ["a", "b", "c"] },
  ]);
  assert.deepEqual(lines, [
    { context: "the\nfilm", ...expected[0] },
    { context: "a plot", question: "it was", ...expected[1] },
  ]);
  const lineByLine = await outputOf(["predict", "--model", model, "--input", choices, "--dtype", "float32"]);
  const [first] = lineByLine.split("\n");
  const { choice, score, text } = expected[0]!;
  assert.equal(first, [choice, score.toFixed(4), text, "the film"].join("\t"));

  await fails(
    ["predict", "--model", model, "--text", "a film"],
    "Expected no --text: the model is for multiple-choice",
  );
  await fails(
    ["predict", "--model", model, "--input", choices, "--top-k", "3"],
    "Expected no --top-k: the model is for multiple-choice",
  );
});

test("masked-words: fine-tune on lines of text, evaluate, fill masks, and go on to classification", async () => {
  const own = join(directory, "own.txt");
  const texts = labelledTexts(60);
  writeFileSync(own, `${texts.map(({ text }) => text).join("\n")}\n`);
  const model = join(directory, "adapted");
  const training = ["--task", "masked-words", "--model", PRETRAINED, "--train", own, "--output-dir", model];
  const output = await outputOf(["fine-tune", ...training, ...SHORT, "--validation", own, "--whole-word"]);
  for (const name of ["perplexity", "maskedAccuracy", "maskedWords"])
    assert.match(output, new RegExp(`^${name} +\\d`, "m"));
  const evaluated = JSON.parse(await outputOf(["evaluate", "--model", model, "--data", own, "--json"]));
  assert.equal(evaluated.metrics.rows, 60);

  const filled = await outputOf(["predict", "--model", model, "--text", "the [MASK] was [MASK]."]);
  assert.match(filled, /^the \S+ was \S+\.\t0\.\d{4}\t0\.\d{4}\n$/);
  const [{ text, masks }] = jsonLines(
    await outputOf(["predict", "--model", model, "--input", "-", "--top-k", "2", "--json"], "the [MASK]\n"),
  );
  assert.equal(text, "the [MASK]");
  assert.deepEqual(
    masks.map((tokens: unknown[]) => tokens.length),
    [2],
  );

  const rows = join(directory, "rows.jsonl");
  writeFileSync(rows, texts.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const next = ["--task", "classification", "--model", model, "--train", rows];
  assert.equal(JSON.parse(await outputOf(["fine-tune", ...next, ...SHORT, "--json"])).steps, 2);
  await fails(
    ["fine-tune", ...next, ...SHORT, "--mask-rate", "0.3"],
    'Unknown option --mask-rate for task "classification": it belongs to "masked-words"',
  );
});

test("embed writes a line of JSON for each text, with the vector that embed() gives", async () => {
  const output = join(directory, "vectors.jsonl");
  const args = [
    "embed",
    "--model",
    TINY_MODEL,
    "--input",
    "-",
    "--output",
    output,
    "--dtype",
    "float32",
    "--json",
  ];
  assert.deepEqual(JSON.parse(await outputOf(args, "a good film\nthe plot\n")), { rows: 2, output });
  await using model = await loadModel(TINY_MODEL, { dtype: "float32" });
  const texts = ["a good film", "the plot"];
  const expected = await model.embed(texts);
  for (const [row, { text, embedding }] of jsonLines(readFileSync(output, "utf8")).entries()) {
    assert.equal(text, texts[row]);
    assert.deepEqual(Float32Array.from(embedding), expected[row], "no digit is lost");
  }
});

test("features writes values in the shape that they have, and of tokens where they stand", async () => {
  const args = [
    "features",
    "--model",
    TINY_MODEL,
    "--text",
    "a film",
    "--text-pair",
    "a plot",
    "--dtype",
    "float32",
  ];
  const [line] = jsonLines(await outputOf([...args, "--layers=-1,0", "--pooling", "none"]));
  await using model = await loadModel(TINY_MODEL, { dtype: "float32" });
  const [expected] = await model.features([["a film", "a plot"]], { layers: [-1, 0], pooling: "none" });
  const { values, ...others } = line;
  assert.deepEqual(others, {
    text: "a film",
    textPair: "a plot",
    shape: [2, 7, 32],
    tokens: expected!.tokens,
  });
  assert.deepEqual([values.length, values[0].length, values[0][0].length], [2, 7, 32]);
  assert.deepEqual(Float32Array.from(values.flat(2)), expected!.values);

  const [usual] = jsonLines(libbert(args).stdout);
  assert.deepEqual([usual.shape, usual.values.length, usual.tokens], [[32], 32, undefined]);
  await fails(
    [...args, "--layers", "5"],
    "Expected integers from -3 to 2 (0: the embeddings) for --layers but received 5",
  );
  await fails(["embed", "--model", TINY_MODEL], "Expected either --text or --input: the texts to read");
});
