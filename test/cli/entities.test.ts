import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { conllOf, taggedRows, tinyTagging } from "../support/tagged-rows.js";
import { libbert } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const FINE_TUNE = ["fine-tune", "--task", "token-classification", "--model", tinyTagging.model];
const SETTINGS = [
  "--max-seq-length",
  "32",
  "--batch-size",
  "16",
  "--learning-rate",
  "5e-3",
  "--dtype",
  "float32",
];

function lines(text: string): string[] {
  assert.ok(text.endsWith("\n"));
  return text.slice(0, -1).split("\n");
}

test("fine-tune, evaluate and predict find entities from the command line", async (t) => {
  const folder = temporaryFolder(t);
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const train = file("train.conll", conllOf(taggedRows(120)));
  const dev = file("dev.conll", conllOf(taggedRows(20, 1001)));
  const outputDir = join(folder, "model");
  const files = ["--train", train, "--validation", dev, "--output-dir", outputDir];
  const run = await libbertInProcess([...FINE_TUNE, ...SETTINGS, ...files, "--epochs", "15"]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /^Training on 120 rows with 5 labels \(B-person, B-work, I-person, I-work, O\)/m);
  assert.match(run.stderr, /^Evaluation after step 120 \(epoch 15\) on 20 rows: f1 1, precision 1, /m);

  await using model = await loadModel(outputDir, { task: "token-classification", dtype: "float32" });
  const evaluated = await libbertInProcess([
    "evaluate",
    "--model",
    outputDir,
    "--data",
    dev,
    "--dtype",
    "float32",
    "--json",
  ]);
  assert.deepEqual(JSON.parse(evaluated.stdout), { metrics: await model.evaluate(dev) });
  const shown = await libbertInProcess([
    "evaluate",
    "--model",
    outputDir,
    "--data",
    dev,
    "--dtype",
    "float32",
  ]);
  assert.match(shown.stdout, /^f1 +1$/m);
  assert.match(shown.stdout, /^type +precision +recall +f1 +support$/m);
  assert.match(shown.stdout, /^person +1 +1 +1 +\d+$/m);

  const predict = ["predict", "--model", outputDir, "--dtype", "float32"];
  const texts = ["the dull film music was good", "slow", "and the actor\tof the story was quick"];
  const expected = await model.predict(texts);
  const printed = libbert([...predict, "--input", "-"], { input: texts.join("\n") });
  assert.equal(printed.status, 0, printed.stderr);
  assert.deepEqual(
    lines(printed.stdout),
    expected.flatMap((entities, index) =>
      entities.map(({ label, score, start, end, text }) =>
        [index + 1, label, score.toFixed(4), start, end, text].join("\t"),
      ),
    ),
  );
  assert.deepEqual(lines(printed.stdout)[0]!.split("\t").slice(0, 2), ["1", "work"]);

  const asJson = await libbertInProcess([...predict, "--text", texts[2]!, "--json"]);
  assert.deepEqual(JSON.parse(asJson.stdout), { text: texts[2], entities: expected[2] });

  const words = file("words.conll", "the\nfilm\n\nan\nactor\n");
  const output = join(folder, "entities.jsonl");
  const written = await libbertInProcess([...predict, "--input", words, "--output", output]);
  assert.equal(written.stderr, `2 predictions written to ${output}\n`);
  const inWords = [
    ["the", "film"],
    ["an", "actor"],
  ];
  const entities = await model.predict(inWords);
  assert.deepEqual(
    lines(readFileSync(output, "utf8")).map((line) => JSON.parse(line)),
    inWords.map((tokens, index) => ({ tokens, entities: entities[index] })),
  );

  const pair = await libbertInProcess([...predict, "--text", "a film", "--text-pair", "a plot"]);
  assert.equal(pair.stderr, "libbert: Expected no --text-pair: the model is for token-classification\n");
  assert.equal(pair.status, 2);
  const column = await libbertInProcess([...predict, "--input", words, "--text-pair-column", "b"]);
  assert.equal(
    column.stderr,
    "libbert: Expected no --text-pair-column: the model is for token-classification\n",
  );
});

test("evaluate shows the worst mistakes with what was expected and found", async (t) => {
  const data = join(temporaryFolder(t), "odd.conll");
  writeFileSync(data, "the\tO\nfilm\tB-PER\nplot\tI-PER\n");
  const model = "test/golden/data/tiny-bert-tokens";
  const { stdout } = await libbertInProcess([
    "evaluate",
    "--model",
    model,
    "--data",
    data,
    "--dtype",
    "float32",
  ]);
  assert.match(
    stdout,
    /^worst mistakes\n\S+odd\.conll, line 1: expected PER "film plot", predicted .*\n {2}the film plot$/m,
  );
});

test("a bad tag ends fine-tune with one line that names file and line", async (t) => {
  const train = join(temporaryFolder(t), "train.bio");
  writeFileSync(train, "the\tO\nfilm\twork\nplot\tB-work\n");
  const { status, stderr } = await libbertInProcess([
    ...FINE_TUNE,
    "--train",
    train,
    "--output-dir",
    `${train}-model`,
  ]);
  assert.equal(
    stderr,
    `libbert: ${train}, line 2: Expected a tag of the scheme BIO, as other tags have it (scheme "plain" takes all tags as they are), but received "work"\n`,
  );
  assert.equal(status, 1);
});
