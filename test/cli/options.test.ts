import assert from "node:assert/strict";
import { test } from "node:test";
import { fineTuneOptions } from "../../lib/tasks/fine-tuning/options.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { labelledTexts, libbert, TINY_MODEL, writeTsv } from "./command-line.js";

const FINE_TUNE = ["fine-tune", "--task", "classification", "--model", TINY_MODEL, "--train", "train.tsv"];

test("the help of fine-tune shows every option of the API with its description and default", () => {
  const { stdout } = libbert(["fine-tune", "--help"]);
  const help = stdout.replace(/\s+/g, " ");
  const { columns, ...options } = fineTuneOptions.shape;
  for (const [name, schema] of Object.entries(options)) {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    assert.match(help, new RegExp(` ${flag} `));
    assert.ok(help.includes(schema.description!), schema.description);
  }
  for (const name of ["text", "text-pair", "label"])
    assert.match(help, new RegExp(` --${name}-column <column> `));
  assert.match(help, /--learning-rate <number> highest learning rate \(default: 0\.00005\)/);
  assert.match(
    help,
    /--schedule <schedule> .* \(choices: "linear", "constant", "cosine", default: "linear"\)/,
  );
  assert.equal(Object.keys(columns.unwrap().shape).length, 3);
});

test("a misspelt option ends with exit code 2 and names the nearest one", () => {
  const { status, stdout, stderr } = libbert([...FINE_TUNE, "--learnin-rate", "1e-4"]);
  assert.equal(stderr, "libbert: unknown option '--learnin-rate'. Did you mean --learning-rate?\n");
  assert.equal(stdout, "");
  assert.equal(status, 2);
});

const BAD_VALUES: [flag: string, value: string, received: string][] = [
  ["--learning-rate", "fast", '"fast"'],
  ["--learning-rate", "-1", "-1"],
  ["--batch-size", "", '""'],
  ["--epochs", "1.5", "1.5"],
  ["--schedule", "step", '"step"'],
  ["--labels", "one", "an array of 1 elements"],
  ["--labels", "one,", '""'],
  ["--micro-batch-size", "all", '"all"'],
  ["--class-weights", "1,-2", "-2"],
  ["--class-weights", "good=1,bad=much", "an object of Object"],
];
for (const [flag, value, received] of BAD_VALUES) {
  test(`${flag} "${value}" ends with exit code 2 and one sentence that names the flag and the value`, () => {
    const { status, stderr } = libbert([...FINE_TUNE, flag, value]);
    assert.match(stderr, new RegExp(`^libbert: Expected .+ for ${flag} but received ${received}\n$`));
    assert.equal(status, 2);
  });
}

test("an option that the compute thread refuses is named by its flag too", (t) => {
  const folder = temporaryFolder(t);
  const train = writeTsv(folder, "train.tsv", labelledTexts(6));
  const model = ["--task", "classification", "--model", TINY_MODEL];
  const { status, stderr } = libbert(["fine-tune", ...model, "--train", train, "--output-dir", folder]);
  assert.match(
    stderr,
    /^libbert: Expected an empty or new directory for --output-dir but .* --overwrite allows it$/m,
  );
  assert.equal(status, 2);
});

test("a required option that is missing is named with what it is", () => {
  const { status, stderr } = libbert(["evaluate", "--model", TINY_MODEL]);
  assert.equal(
    stderr,
    "libbert: Expected --data <file>: rows to evaluate on: text and label (or labels, or score) columns\n",
  );
  assert.equal(status, 2);
});

test("predict takes one of the sources that the model's task has", () => {
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
    const { status, stderr } = libbert(["predict", "--model", TINY_MODEL, ...args]);
    assert.equal(stderr, message);
    assert.equal(status, 2);
  }
});
