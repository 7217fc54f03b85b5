import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fineTune, loadModel, type Model } from "../../lib/index.js";
import { checkSaved, inPython, type SavedModel, withoutPython as skip } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { rowsOf, TINY, tinyRun } from "./support.js";

/** Saves the tiny encoder under other heads, as transformers does: with the labels and problem type that they have then. */
const SAVE_IN_PYTHON = `
import json, sys, torch
from transformers import AutoTokenizer, BertForSequenceClassification
source = sys.argv[1]
for target, num_labels, problem_type in map(json.loads, sys.stdin):
    torch.manual_seed(1)
    model = BertForSequenceClassification.from_pretrained(source, num_labels=num_labels, ignore_mismatched_sizes=True)
    model.config.problem_type = problem_type
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(source).save_pretrained(target)
`;

/** Directories that transformers saves, and what they are to be loaded for. */
const THEIRS = [
  { outputs: 2, problemType: null, task: "classification" },
  { outputs: 4, problemType: "single_label_classification", task: "classification" },
  { outputs: 4, problemType: "multi_label_classification", task: "multi-label" },
  { outputs: 1, problemType: null, task: "regression" },
] as const;

const directory = temporaryDirectory();
const ours = { "multi-label": join(directory, "multi-label"), regression: join(directory, "regression") };
const pathOf = ({ outputs, problemType }: (typeof THEIRS)[number]) =>
  join(directory, `theirs-${outputs}-${problemType}`);

const rows = rowsOf(60);
const texts = rowsOf(20, 1001).map(({ text }) => text);
// float32 in another order of additions; the logits are near 1.
const CLOSE = { absolute: 1e-5 };

let multiLabel: Model<"multi-label">;
let regression: Model<"regression">;
const loaded = new Map<string, SavedModel>(); // what transformers makes of each directory
before(async () => {
  if (skip) return;
  const labelled = rows.map(({ text, label }) => ({
    text,
    labels: text.includes("film") ? [label, "film"] : [],
  }));
  const scored = rows.map(({ text }) => ({ text, score: text.length / 10 }));
  multiLabel = await fineTune({
    ...tinyRun,
    task: "multi-label",
    train: labelled,
    outputDir: ours["multi-label"],
  });
  regression = await fineTune({ ...tinyRun, task: "regression", train: scored, outputDir: ours.regression });
  const wanted = THEIRS.map((one) => [pathOf(one), one.outputs, one.problemType]);
  await inPython(SAVE_IN_PYTHON, [TINY], ...wanted);
  const directories = [...Object.values(ours), ...THEIRS.map(pathOf)];
  const all = await checkSaved<SavedModel["outputs"][number]>(directories.map((path) => [path, texts]));
  for (const [index, found] of all.entries()) loaded.set(directories[index]!, found);
});
after(async () => {
  await multiLabel?.dispose();
  await regression?.dispose();
});

test("transformers loads a multi-label directory as what it is, and gives the same probabilities", {
  skip,
}, async () => {
  const { name, problemType, labels, outputs, ...parameters } = loaded.get(ours["multi-label"])!;
  assert.deepEqual([name, problemType], ["BertForSequenceClassification", "multi_label_classification"]);
  assert.deepEqual(parameters, { missing: [], unexpected: [], mismatched: [] });
  assert.deepEqual(labels, multiLabel.labels);
  const predictions = await multiLabel.predict(texts);
  assertClose(
    predictions.flatMap(({ scores }) => Object.values(scores)),
    outputs.flatMap(({ logits }) => probabilitiesOf(logits, "multi-label")),
    CLOSE,
  );
});

test("transformers loads a regression directory as what it is, and gives the same scores", {
  skip,
}, async () => {
  const { name, problemType, outputs, labels: _, ...parameters } = loaded.get(ours.regression)!;
  assert.deepEqual([name, problemType], ["BertForSequenceClassification", "regression"]);
  assert.deepEqual(parameters, { missing: [], unexpected: [], mismatched: [] });
  const predictions = await regression.predict(texts);
  assertClose(
    predictions.map(({ score }) => score),
    outputs.flatMap(({ logits }) => logits),
    CLOSE,
  );
});

for (const theirs of THEIRS) {
  const { outputs, problemType, task } = theirs;
  const what = `${outputs} outputs and ${problemType ?? "no"} problem type`;
  test(`a directory of transformers with ${what} is loaded for ${task}`, { skip }, async () => {
    const found = loaded.get(pathOf(theirs))!;
    await using model = await loadModel(pathOf(theirs), { task, dtype: "float32" });
    assert.deepEqual(model.labels, task === "regression" ? [] : found.labels);
    const predictions = await model.predict(texts);
    for (const [row, { logits }] of found.outputs.entries()) {
      const prediction = predictions[row]!;
      if ("scores" in prediction)
        assertClose(
          Object.values(prediction.scores),
          probabilitiesOf(logits, task as "classification"),
          CLOSE,
        );
      else assertClose([prediction.score], logits, CLOSE);
    }
  });
}

function probabilitiesOf(logits: number[], task: "classification" | "multi-label"): number[] {
  if (task === "multi-label") return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / sum);
}
