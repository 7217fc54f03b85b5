import "../support/one-thread.js";

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune, loadModel } from "../../lib/index.js";
import { inPython, withoutPython as skip } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { rowsOf, TINY, tinyRun } from "./support.js";

const PREDICT_IN_PYTHON = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1]).eval()
predictions = []
with torch.no_grad():
    for text in json.load(sys.stdin):
        texts = [text] if isinstance(text, str) else text
        logits = model(**tokenizer(*texts, truncation=True, return_tensors="pt")).logits[0]
        scores = {model.config.id2label[i]: p for i, p in enumerate(logits.softmax(-1).tolist())}
        predictions.append({"label": max(scores, key=scores.get), "scores": scores})
print(json.dumps(predictions))
`;

interface PythonPrediction {
  label: string;
  scores: Record<string, number>;
}

test("a model with own code, dropout of 1 and pieces on several lines is loaded as transformers loads it", {
  skip,
}, async () => {
  const folder = temporaryDirectory();
  const readJson = (name: string) => JSON.parse(readFileSync(join(TINY, name), "utf8"));
  const writeJson = (name: string, json: object) => writeFileSync(join(folder, name), JSON.stringify(json));
  copyFileSync(join(TINY, "model.safetensors"), join(folder, "model.safetensors"));
  const dropout = { hidden_dropout_prob: 1, attention_probs_dropout_prob: 1, classifier_dropout: 1 };
  const auto_map = { AutoConfig: "own.Config", AutoModelForSequenceClassification: "own.Model" };
  writeJson("config.json", { ...readJson("config.json"), ...dropout, auto_map });
  const tokenizerMap = { auto_map: { AutoTokenizer: ["own.Tokenizer", null] } };
  writeJson("tokenizer_config.json", { ...readJson("tokenizer_config.json"), ...tokenizerMap });
  const pieces = readFileSync(join(TINY, "vocab.txt"), "utf8").trimEnd().split("\n");
  pieces.splice(-3, 3, "film", "[SEP]", "##ly"); // they are further up, too: the last line counts
  writeFileSync(join(folder, "vocab.txt"), pieces.join("\n"));

  const texts = ["the film was good", "slowly, a good film, a bad film"];
  const [theirs] = await inPython<PythonPrediction[]>(PREDICT_IN_PYTHON, [folder], texts);
  await using model = await loadModel(folder, { task: "classification", dtype: "float32" });
  for (const [index, { scores }] of (await model.predict(texts)).entries())
    for (const [name, score] of Object.entries(scores))
      assert.ok(Math.abs(score - theirs![index]!.scores[name]!) < 1e-5, `text ${index}, ${name}`); // as below
});

test("transformers loads a fine-tuned directory and predicts the same", { skip }, async () => {
  const directory = temporaryDirectory();
  await using model = await fineTune({
    ...tinyRun,
    train: rowsOf(90),
    epochs: 10,
    outputDir: `${directory}/tuned`,
  });
  const long = "the film was good ".repeat(50); // cut to the 32 tokens it was trained with, on both sides
  const pair = ["the plot was bad", "the music was warm"] as const;
  const texts = [...rowsOf(30, 1001).map(({ text }) => text), "", "Naïve CAFÉ 東京", long, pair];
  const [predicted] = await inPython<PythonPrediction[]>(PREDICT_IN_PYTHON, [`${directory}/tuned`], texts);
  const theirs = predicted!;

  const ours = await model.predict(texts);
  for (const [index, { label, scores }] of theirs.entries()) {
    assert.equal(ours[index]!.label, label, `text ${index}`);
    for (const [name, score] of Object.entries(scores)) {
      // float32 in another order of additions; the logits are near 1.
      assert.ok(Math.abs(ours[index]!.scores[name]! - score) < 1e-5, `text ${index}, ${name}`);
    }
  }

  await using half = await loadModel(`${directory}/tuned`, { task: "classification", dtype: "bfloat16" });
  for (const [index, { label, scores }] of (await half.predict(texts)).entries()) {
    // bfloat16 has 8 bits: where the labels are closer than that, either may win.
    if (Math.abs(scores.positive! - scores.negative!) > 0.05) assert.equal(label, theirs[index]!.label);
  }
});
