import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type ChoiceInput,
  type FineTuneOptionsByTask,
  fineTune,
  loadModel,
  type Model,
} from "../../lib/index.js";
import { DEVICE } from "../support/device.js";
import { inPython, withoutPython } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, TINY } from "./support.js";

const GOOD = ["good", "great", "warm", "bright"];
const BAD = ["bad", "poor", "cold", "dull", "slow"];
const NOUNS = ["film", "story", "cast", "plot", "scene", "music"];

/** Rows whose right choice is the one that speaks well; the same for the same numbers. */
function choiceRows(count: number, first = 0) {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const right = (number * 7) % 4;
    const choices = Array.from({ length: 4 }, (_, choice) =>
      choice === right ? GOOD[(number >> 2) % 4]! : BAD[(number + choice) % 5]!,
    );
    const noun = NOUNS[number % 6]!;
    return {
      context: `the ${noun} of the ${NOUNS[(number * 5) % 6]}`,
      question: "it was",
      choices,
      label: right,
    };
  });
}

const options = {
  task: "multiple-choice",
  model: TINY,
  maxSeqLength: 32,
  batchSize: 8,
  epochs: 12,
  learningRate: 5e-3,
  seed: 3,
  device: DEVICE,
  dtype: "float32",
} as const;

const directory = temporaryDirectory();
const saved = join(directory, "tuned");
const held = choiceRows(40, 1001);
const inputs: ChoiceInput[] = held.map(({ label: _, ...input }) => input);

let model: Model<"multiple-choice">;
before(async () => {
  model = await fineTune({ ...options, train: choiceRows(96), validation: held, outputDir: saved });
});
after(() => model?.dispose());

test("training learns to choose; validation metrics are those of evaluate() on the same rows", async () => {
  const { report: _, ...trained } = model.training!.metrics!;
  const { accuracy, rows, truncatedTexts } = trained;
  assert.ok(accuracy >= 0.9, `accuracy ${accuracy}`);
  assert.deepEqual([rows, truncatedTexts], [40, 0]);
  const { report, ...figures } = await model.evaluate(held);
  assert.deepEqual(figures, trained);
  assert.equal(report.worstMistakes.length, Math.round((1 - accuracy) * rows));
  assert.deepEqual(model.labels, []);
});

test("a prediction has the best choice's index, text and score, and a score for each that add up to 1", async () => {
  const predictions = await model.predict(inputs);
  let lossSum = 0;
  let hits = 0;
  for (const [row, { choice, text, score, scores }] of predictions.entries()) {
    assert.equal(text, inputs[row]!.choices[choice]);
    assert.equal(scores.length, 4);
    assert.equal(score, Math.max(...scores));
    assert.equal(score, scores[choice]);
    assert.ok(Math.abs(scores.reduce((sum, value) => sum + value, 0) - 1) < 1e-12);
    lossSum -= Math.log(scores[held[row]!.label]!);
    if (choice === held[row]!.label) hits++;
  }
  const { accuracy, loss } = model.training!.metrics!;
  assert.equal(hits / 40, accuracy);
  assert.ok(Math.abs(lossSum / 40 - loss) < 1e-9);
});

test("inputs may differ in how many choices they have, and calls that overlap get what each gets alone", async () => {
  const some = inputs
    .slice(0, 6)
    .map((input, index) => ({ ...input, choices: input.choices.slice(0, 2 + (index % 3)) }));
  const together = await Promise.all([model.predict(some.slice(0, 1)), model.predict(some.slice(1))]);
  const alone = [];
  for (const input of some) alone.push(...(await model.predict([input])));
  for (const [index, { choice, scores }] of together.flat().entries()) {
    assert.equal(choice, alone[index]!.choice);
    assert.equal(scores.length, 2 + (index % 3));
    // The shape of a product may change the order of its additions.
    for (const [i, score] of scores.entries()) assert.ok(Math.abs(score - alone[index]!.scores[i]!) < 1e-5);
  }
  assert.deepEqual(await model.predict([]), []);
});

test("a saved model predicts the same, bit for bit, after loadModel", async () => {
  await using loaded = await loadModel(saved, { task: "multiple-choice", dtype: "float32" });
  assert.deepEqual(await loaded.predict(inputs), await model.predict(inputs));
  const { architectures } = JSON.parse(readFileSync(join(saved, "config.json"), "utf8"));
  assert.deepEqual(architectures, ["BertForMultipleChoice"]);
});

test("micro-batches change nothing but the order of additions", async () => {
  const short = { ...options, epochs: 1, train: choiceRows(24) };
  await using whole = await fineTune(short);
  await using pieces = await fineTune({ ...short, microBatchSize: 3 });
  const losses = (tuned: Model<"multiple-choice">) => tuned.history!.steps.map(({ loss }) => loss);
  for (const [step, loss] of losses(pieces).entries())
    assert.ok(Math.abs(loss - losses(whole)[step]!) < 1e-5);
});

test("a checkpoint of the same task goes on with its own scoring vector", async () => {
  await using again = await fineTune({
    ...options,
    model: saved,
    train: choiceRows(8),
    epochs: 1,
    learningRate: 1e-9,
  });
  assert.ok((await again.evaluate(held)).accuracy >= 0.9);
});

test("SWAG's CSV trains, with texts that are too long counted", async () => {
  const path = join(directory, "swag.csv");
  const long = `"${"the film ".repeat(40)}"`;
  const lines = choiceRows(16).map(({ context, question, choices, label }, row) =>
    [row, row === 3 ? long : context, question, ...choices, label].join(","),
  );
  writeFileSync(path, [",sent1,sent2,ending0,ending1,ending2,ending3,label", ...lines, ""].join("\n"));
  const notices: string[] = [];
  await using tuned = await fineTune({
    ...options,
    train: path,
    epochs: 1,
    onProgress: (event) => event.type === "notice" && notices.push(event.message),
  });
  assert.deepEqual(notices, ["train: rows with texts cut to 32 tokens: 1"]);
  assert.equal((await tuned.evaluate(path)).truncatedTexts, 1);
});

test("bad rows, inputs and options are one error each, with the place", async () => {
  const good = choiceRows(4);
  const cases: [FineTuneOptionsByTask["multiple-choice"], string, string][] = [
    [
      { ...options, train: [...good, { ...good[0]!, choices: ["good", "bad"] }] },
      "ERR_DATA",
      "train, row 5: Expected 4 choices, as in the rows before, but received 2",
    ],
    [
      { ...options, train: good, validation: [{ ...good[0]!, label: 4 }] },
      "ERR_DATA",
      "validation, row 1: Expected an index from 0 to 3, or the text of a choice, for the label but received 4",
    ],
    [
      // @ts-expect-error multiple-choice has no labels
      { ...options, train: good, labels: ["a", "b"] },
      "ERR_OPTION",
      'Unknown option "labels" for task "multiple-choice": it belongs to "classification" and "multi-label" and "token-classification"',
    ],
    [
      { ...options, train: good, validation: good, metric: "f1" },
      "ERR_OPTION",
      'Expected one of accuracy, loss for metric but received "f1"',
    ],
  ];
  for (const [call, code, message] of cases) {
    const error = await failureOf(fineTune(call));
    assert.deepEqual([error.code, error.message], [code, message]);
  }
  const refused = await failureOf(model.evaluate(held, { columns: { text: "context" } as never }));
  assert.equal(
    refused.message,
    'Unknown option "columns": the options are columnNames, labels, token, cacheDir, localFilesOnly, signal',
  );
  const what = "an object { context, question?, choices } of strings, with at least two choices,";
  for (const bad of [
    "text",
    null,
    { context: "a" },
    { context: "a", choices: ["b"] },
    { context: 1, choices: ["b", "c"] },
  ]) {
    const error = await failureOf(model.predict([inputs[0]!, bad as never]));
    assert.equal(error.code, "ERR_OPTION");
    assert.ok(error.message.startsWith(`Expected ${what} for inputs.1 but received `), error.message);
  }
});

const CHOOSE_IN_PYTHON = `
import json, sys, torch
from transformers import AutoModelForMultipleChoice, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model, report = AutoModelForMultipleChoice.from_pretrained(sys.argv[1], output_loading_info=True)
model.eval()
scores = []
with torch.no_grad():
    for row in json.load(sys.stdin):
        seconds = [f"{row['question']} {choice}" for choice in row["choices"]]
        encoded = tokenizer([row["context"]] * len(seconds), seconds, truncation=True, padding=True, return_tensors="pt")
        logits = model(**{name: rows.unsqueeze(0) for name, rows in encoded.items()}).logits[0]
        scores.append(logits.softmax(-1).tolist())
problems = {kind: sorted(map(str, names)) for kind, names in report.items() if names}
print(json.dumps([type(model).__name__, problems, scores]))
`;

test("transformers loads the directory under the right class and chooses the same", {
  skip: withoutPython,
}, async () => {
  const [chosen] = await inPython<[string, object, number[][]]>(CHOOSE_IN_PYTHON, [saved], inputs);
  const [architecture, problems, theirs] = chosen!;
  assert.deepEqual([architecture, problems], ["BertForMultipleChoice", {}]);
  for (const [row, { scores }] of (await model.predict(inputs)).entries()) {
    // float32 in another order of additions; the logits are near 1.
    for (const [choice, score] of scores.entries()) assert.ok(Math.abs(score - theirs[row]![choice]!) < 1e-5);
  }
});
