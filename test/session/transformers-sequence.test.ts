import "../support/one-thread.js";

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune, loadModel } from "../../lib/index.js";
import { assertClose } from "../support/tolerance.js";
import { rowsOf, TINY, temporaryDirectory, tinyRun } from "./support.js";

const PYTHON = process.env.LIBBERT_REFERENCE_PYTHON;
const skip = PYTHON ? false : "LIBBERT_REFERENCE_PYTHON names no Python that has transformers";

const directory = temporaryDirectory();

/** Loads a directory as transformers does, and says what it found and the logits of texts. */
const LOGITS_IN_PYTHON = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1]).eval()
with torch.no_grad():
    logits = [model(**tokenizer(text, truncation=True, return_tensors="pt")).logits[0].tolist() for text in json.load(sys.stdin)]
config = model.config
print(json.dumps(dict(name=type(model).__name__, problemType=config.problem_type, labels=list(config.id2label.values()), logits=logits)))
`;

/** Saves the tiny encoder under another head, as transformers does: with the labels and problem type that it has then. */
const SAVE_IN_PYTHON = `
import sys, torch
from transformers import AutoTokenizer, BertForSequenceClassification
source, target, num_labels, problem_type = sys.argv[1:5]
torch.manual_seed(1)
model = BertForSequenceClassification.from_pretrained(source, num_labels=int(num_labels), ignore_mismatched_sizes=True)
model.config.problem_type = problem_type or None
model.save_pretrained(target)
AutoTokenizer.from_pretrained(source).save_pretrained(target)
`;

function inPython(program: string, args: string[], input: unknown = null): string {
  return execFileSync(PYTHON!, ["-c", program, ...args], {
    input: JSON.stringify(input),
    env: { ...process.env, HF_HUB_OFFLINE: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  }).toString();
}

interface Loaded {
  name: string;
  problemType: string;
  labels: string[];
  logits: number[][];
}

function loadInPython(path: string, texts: readonly string[]): Loaded {
  return JSON.parse(inPython(LOGITS_IN_PYTHON, [path], texts));
}

const rows = rowsOf(60);
const texts = rowsOf(20, 1001).map(({ text }) => text);
// float32 in another order of additions; the logits are near 1.
const CLOSE = { absolute: 1e-5 };

test("transformers loads a multi-label directory as what it is, and gives the same probabilities", {
  skip,
}, async () => {
  const outputDir = join(directory, "multi-label");
  const train = rows.map(({ text, label }) => ({
    text,
    labels: text.includes("film") ? [label, "film"] : [],
  }));
  await using model = await fineTune({ ...tinyRun, task: "multi-label", train, outputDir });
  const { name, problemType, labels, logits } = loadInPython(outputDir, texts);
  assert.deepEqual([name, problemType], ["BertForSequenceClassification", "multi_label_classification"]);
  assert.deepEqual(labels, model.labels);
  const ours = await model.predict(texts);
  assertClose(
    ours.flatMap(({ scores }) => Object.values(scores)),
    logits.flat().map((logit) => 1 / (1 + Math.exp(-logit))),
    CLOSE,
  );
});

test("transformers loads a regression directory as what it is, and gives the same scores", {
  skip,
}, async () => {
  const outputDir = join(directory, "regression");
  const train = rows.map(({ text }) => ({ text, score: text.length / 10 }));
  await using model = await fineTune({ ...tinyRun, task: "regression", train, outputDir });
  const { name, problemType, logits } = loadInPython(outputDir, texts);
  assert.deepEqual([name, problemType], ["BertForSequenceClassification", "regression"]);
  const ours = await model.predict(texts);
  assertClose(
    ours.map(({ score }) => score),
    logits.flat(),
    CLOSE,
  );
});

for (const [numLabels, problemType, task] of [
  [2, "", "classification"],
  [4, "single_label_classification", "classification"],
  [4, "multi_label_classification", "multi-label"],
  [1, "", "regression"],
] as const) {
  const what = `${numLabels} outputs and ${problemType || "no"} problem type`;
  test(`a directory of transformers with ${what} is loaded for ${task}`, { skip }, async () => {
    const path = join(directory, `theirs-${numLabels}-${problemType}`);
    inPython(SAVE_IN_PYTHON, [TINY, path, String(numLabels), problemType]);
    const { labels, logits } = loadInPython(path, texts);
    await using model = await loadModel(path, { dtype: "float32" });
    assert.equal(model.task, task);
    assert.deepEqual(model.labels, task === "regression" ? [] : labels);
    const predictions = await model.predict(texts as never);
    const scores = predictions.map((prediction) => Object.values(prediction as object).at(-1));
    for (const [row, output] of logits.entries()) {
      if (task === "regression") assertClose([scores[row]], output, CLOSE);
      else assertClose(Object.values(scores[row]), probabilitiesOf(output, task), CLOSE);
    }
  });
}

function probabilitiesOf(logits: number[], task: "classification" | "multi-label"): number[] {
  if (task === "multi-label") return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / sum);
}
