import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { fineTune, loadModel } from "../../lib/index.js";
import { inPython, withoutPython as skip } from "../support/python.js";
import { type TaggedRow, taggedRows, tinyTagging } from "../support/tagged-rows.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** For each directory reads a line with rows of tokens and tags, and writes the predicted tags, their probabilities, and seqeval's scores. */
const PREDICT_IN_PYTHON = `
import json, sys, torch
from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
from seqeval.scheme import IOB2
from transformers import AutoModelForTokenClassification, AutoTokenizer
for directory in sys.argv[1:]:
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForTokenClassification.from_pretrained(directory).eval()
    rows, predicted, probabilities, loss = json.loads(sys.stdin.readline()), [], [], 0
    with torch.no_grad():
        for row in rows:
            encoding = tokenizer(row["tokens"], is_split_into_words=True, return_tensors="pt")
            log_probabilities = model(**encoding).logits[0].log_softmax(-1)
            word_ids = encoding.word_ids(0)
            firsts = [word_ids.index(word) for word in range(len(row["tokens"]))]
            best = log_probabilities[firsts].max(-1)
            predicted.append([model.config.id2label[i] for i in best.indices.tolist()])
            probabilities.append(best.values.exp().tolist())
            loss -= sum(log_probabilities[t, model.config.label2id[tag]].item() for t, tag in zip(firsts, row["tags"]))
    gold = [row["tags"] for row in rows]
    strict = dict(mode="strict", scheme=IOB2)
    print(json.dumps({
        "class": type(model).__name__, "tags": predicted, "probabilities": probabilities,
        "f1": f1_score(gold, predicted), "precision": precision_score(gold, predicted),
        "recall": recall_score(gold, predicted), "strictF1": f1_score(gold, predicted, **strict),
        "strictPrecision": precision_score(gold, predicted, **strict),
        "strictRecall": recall_score(gold, predicted, **strict),
        "accuracy": accuracy_score(gold, predicted), "loss": loss / sum(map(len, gold)),
    }))
`;

interface PythonResult extends Record<string, unknown> {
  class: string;
  tags: string[][];
  probabilities: number[][];
}

const TINY_TOKENS = "test/golden/data/tiny-bert-tokens";
const directory = temporaryDirectory();
const [tuned, frozen] = [join(directory, "tuned"), join(directory, "frozen")];
const train = taggedRows(120);
const held = taggedRows(40, 1001);
const rename = (tag: string) => tag.replace("work", "LOC").replace("B-person", "I-PER");
const renamed = held.map(({ tokens, tags }) => ({ tokens, tags: tags.map(rename) }));

const theirs = new Map<string, PythonResult>();
before(async () => {
  if (skip) return;
  // Few epochs: the model makes mistakes.
  await using _tuned = await fineTune({ ...tinyTagging, train, epochs: 6, outputDir: tuned });
  const run = { ...tinyTagging, train, epochs: 6, learningRate: 5e-2 };
  await using _frozen = await fineTune({ ...run, encoder: "frozen", outputDir: frozen });
  const directories = [tuned, frozen, TINY_TOKENS];
  const results = await inPython<PythonResult>(PREDICT_IN_PYTHON, directories, held, held, renamed);
  for (const [index, result] of results.entries()) theirs.set(directories[index]!, result);
});

/** Whether Python has the same metrics on `rows`, and the same tags, of which the entities are made. */
async function assertPythonAgrees(directory: string, rows: readonly TaggedRow[]): Promise<void> {
  await using model = await loadModel(directory, { task: "token-classification", dtype: "float32" });
  const result = theirs.get(directory)!;
  assert.equal(result.class, "BertForTokenClassification");

  const metrics = await model.evaluate([...rows]);
  for (const name of [
    "f1",
    "precision",
    "recall",
    "strictF1",
    "strictPrecision",
    "strictRecall",
    "accuracy",
    "loss",
  ]) {
    const [ours, expected] = [metrics[name as "accuracy"], result[name] as number];
    // The loss is a float32 sum in another order; the others are fractions of the same numbers.
    assert.ok(
      Math.abs(ours - expected) < (name === "loss" ? 1e-5 : 1e-12),
      `${name}: ${ours}, not ${expected}`,
    );
  }
  const words = rows.map(({ tokens }) => tokens);
  for (const [row, entities] of (await model.predict(words)).entries()) {
    for (const { label, words, score } of entities) {
      const [start, end] = words!;
      const types = result.tags[row]!.slice(start, end).map((tag) => tag.slice(2));
      assert.deepEqual(types, Array(end - start).fill(label));
      const probabilities = result.probabilities[row]!.slice(start, end);
      const mean = probabilities.reduce((sum, p) => sum + p, 0) / probabilities.length;
      assert.ok(Math.abs(score - mean) < 1e-5);
    }
  }
}

test("a fine-tuned directory loads in transformers, with the same predictions and seqeval's metrics", {
  skip,
}, async () => {
  await using model = await loadModel(tuned, { task: "token-classification", dtype: "float32" });
  const { f1 } = await model.evaluate(held);
  assert.ok(f1! > 0.2 && f1! < 1, `F1 ${f1}`);
  await assertPythonAgrees(tuned, held);
});

test("a directory that a frozen encoder comes from loads in transformers, too", { skip }, () =>
  assertPythonAgrees(frozen, held),
);

test("a directory that transformers saved predicts the same, and tags out of their scheme's order score the same", {
  skip,
}, async () => {
  await using model = await loadModel(TINY_TOKENS, { task: "token-classification" });
  const { recall, strictRecall } = await model.evaluate(renamed);
  assert.ok(recall! > 0 && recall !== strictRecall, `recall ${recall}, strict ${strictRecall}`);
  await assertPythonAgrees(TINY_TOKENS, renamed);
});

test("a directory that transformers saved is a model of this task", async () => {
  await using model = await loadModel(TINY_TOKENS);
  assert.equal(model.task, "token-classification");
  assert.deepEqual(model.labels, ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]);
});
