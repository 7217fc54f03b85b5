import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { fineTuneOptions } from "../../lib/fine-tuning/options.js";
import { descriptionOf, metaOf } from "../../lib/options/option.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { tasksWith } from "../support/tasks-with.js";
import { labelledTexts, TINY_MODEL, writeTsv } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const FINE_TUNE = ["fine-tune", "--task", "classification", "--model", TINY_MODEL, "--train", "train.tsv"];

/** What a command's help says, without its line breaks. */
async function helpOf(command: string): Promise<string> {
  const { stdout } = await libbertInProcess([command, "--help"]);
  return stdout.replace(/\s+/g, " ");
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** An option's description and its default, where that is in words, as a terminal shows them. */
function helpText(field: z.core.$ZodType): string {
  const { defaultText } = metaOf(field);
  const byDefault = defaultText === undefined ? "" : ` (default: ${defaultText})`;
  const text = `${descriptionOf(field)}${byDefault}`.replaceAll("`", "");
  return text.replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, flagOf);
}

test("the help of fine-tune shows every option of every task with its description and default", async () => {
  const help = await helpOf("fine-tune");
  for (const { shape } of fineTuneOptions.options) {
    const { columns: _, ...options } = shape;
    for (const [name, field] of Object.entries(options)) {
      assert.match(help, new RegExp(` ${flagOf(name)} `));
      assert.ok(help.includes(helpText(field)), helpText(field));
    }
  }
  for (const name of ["text", "text-pair", "label"])
    assert.match(help, new RegExp(` --${name}-column <column> `));
  assert.match(help, /--learning-rate <number> highest learning rate \(default: 5e-5\)/);
  assert.match(
    help,
    /--schedule <schedule> .* \(choices: "linear", "constant", "cosine", default: "linear"\)/,
  );
});

test("the help says of a flag that not every task has for which tasks it is, and what it is for each", async () => {
  const help = await helpOf("fine-tune");
  for (const text of [
    "--doc-stride <tokens> classification, embedding, multi-label, question-answering, regression: tokens that neighbouring windows of a long text share (default: ",
    "--label-smoothing <number> classification, token-classification: share of the target ",
    "--text-pair-column <column> classification, multi-label, regression: column of a pair's second text ",
    "--label-column <column> classification: column of the label (default: label); embedding: column of how alike ",
    "--limit <rows> use the first N training rows (default: all)",
  ])
    assert.ok(help.includes(text), text);
  assert.match(await helpOf("predict"), /--top-k <tokens> masked-words: how many tokens .*? \(default: 5\)/);
  assert.match(
    await helpOf("evaluate"),
    /--label-column <column> classification: .*; regression: column of the score /,
  );
});

test("a flag of another task is refused by its name, and its tasks are named", async () => {
  const refusals: [args: string[], flag: string, tasks: string][] = [
    [["--max-answer-length", "3"], "--max-answer-length", '"question-answering"'],
    [["--threshold", "tuned"], "--threshold", '"multi-label"'],
  ];
  for (const [args, flag, tasks] of refusals) {
    const { status, stderr } = await libbertInProcess([...FINE_TUNE, ...args]);
    assert.equal(
      stderr,
      `libbert: Unknown option ${flag} for task "classification": it belongs to ${tasks}\n`,
    );
    assert.equal(status, 2);
  }
  const words = ["fine-tune", "--task", "masked-words", "--model", TINY_MODEL, "--train", "train.txt"];
  assert.equal(
    (await libbertInProcess([...words, "--text-pair-column", "b"])).stderr,
    `libbert: Unknown option --text-pair-column for task "masked-words": it belongs to ${tasksWith("columns.textPair")}\n`,
  );
  const search = ["search", ...FINE_TUNE.slice(1), "--validation", "dev.tsv", "--output-dir", "nowhere"];
  assert.match(
    (await libbertInProcess([...search, "--max-answer-length", "3"])).stderr,
    /^libbert: Unknown option --max-answer-length for task /,
  );
});

test("a task that there is not is named with those that there are", async () => {
  const { status, stderr } = await libbertInProcess([
    "fine-tune",
    "--task",
    "clasification",
    "--model",
    "a",
    "--train",
    "b",
  ]);
  assert.match(
    stderr,
    /^libbert: Expected "classification" or .* for --task but received "clasification": did you mean "classification"\?\n$/,
  );
  assert.equal(status, 2);
});

test("a misspelt option ends with exit code 2 and names the nearest one", async () => {
  const { status, stdout, stderr } = await libbertInProcess([...FINE_TUNE, "--learnin-rate", "1e-4"]);
  assert.equal(stderr, "libbert: unknown option '--learnin-rate'. Did you mean --learning-rate?\n");
  assert.equal(stdout, "");
  assert.equal(status, 2);
});

const BAD_VALUES: [flag: string, value: string, received: string][] = [
  ["--learning-rate", "fast", '"fast"'],
  ["--learning-rate", "-1", "-1"],
  ["--batch-size", "", '""'],
  ["--epochs", "-1.5", "-1.5"],
  ["--schedule", "step", '"step"'],
  ["--labels", "one", "an array of 1 element"],
  ["--labels", "one,", '""'],
  ["--micro-batch-size", "all", '"all"'],
  ["--class-weights", "1,-2", "-2"],
  ["--class-weights", "good=1,bad=much", "{ good: 1, bad: 'much' }"],
];
for (const [flag, value, received] of BAD_VALUES) {
  test(`${flag} "${value}" ends with exit code 2 and one sentence that names the flag and the value`, async () => {
    const { status, stderr } = await libbertInProcess([...FINE_TUNE, flag, value]);
    assert.match(stderr, new RegExp(`^libbert: Expected .+ for ${flag} but received ${received}\n$`));
    assert.equal(status, 2);
  });
}

test("an option that the compute thread refuses is named by its flag too", async (t) => {
  const folder = temporaryFolder(t);
  const train = writeTsv(folder, "train.tsv", labelledTexts(6));
  const model = ["--task", "classification", "--model", TINY_MODEL];
  const { status, stderr } = await libbertInProcess([
    "fine-tune",
    ...model,
    "--train",
    train,
    "--output-dir",
    folder,
  ]);
  assert.match(
    stderr,
    /^libbert: Expected an empty or new directory for --output-dir but .* --overwrite allows it$/m,
  );
  assert.equal(status, 2);
});

test("a required option that is missing is named with what it is", async () => {
  const { status, stderr } = await libbertInProcess(["evaluate", "--model", TINY_MODEL]);
  assert.equal(
    stderr,
    "libbert: Expected --data <file...>: rows to evaluate on: text and label (or labels, or score) columns\n",
  );
  assert.equal(status, 2);
});

test("predict takes one of the sources that the model's task has", async () => {
  const oneSource = "libbert: Expected either --text or --input: what to predict for\n";
  const refusals = [
    { args: [], message: oneSource },
    { args: ["--text", "a", "--input", "-"], message: oneSource },
    {
      args: ["--text", "a", "--question", "b"],
      message: "libbert: Expected no --question: the model is for classification\n",
    },
  ];
  for (const { args, message } of refusals) {
    const { status, stderr } = await libbertInProcess(["predict", "--model", TINY_MODEL, ...args]);
    assert.equal(stderr, message);
    assert.equal(status, 2);
  }
});
