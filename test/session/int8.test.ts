import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fillMask, fineTune, loadModel } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { rowsOf, tinyRun } from "./support.js";

const TINY = goldenPath("tiny-bert");
const texts = ["the film was good", "a slow, dull plot", "the story was never bad"];

test("a classifier in int8 has nearly the probabilities that it has in float32", async () => {
  await using exact = await loadModel(TINY, { task: "classification", dtype: "float32" });
  await using quantised = await loadModel(TINY, { task: "classification", dtype: "int8" });
  const expected = await exact.predict(texts);
  const received = await quantised.predict(texts);
  for (const [index, { scores }] of expected.entries()) {
    for (const [label, score] of Object.entries(scores)) {
      const apart = Math.abs(received[index]!.scores[label]! - score);
      assert.ok(apart < 0.02, `${label}: ${apart}`);
    }
  }
  assert.notDeepEqual(received, expected);
});

/** A copy of the bare encoder with the tokenizer of the model that it was taken from. */
function encoderWithTokenizer(): string {
  const directory = temporaryDirectory();
  cpSync(goldenPath("tiny-bert-bare"), directory, { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json", "vocab.txt"])
    cpSync(join(TINY, file), join(directory, file));
  return directory;
}

const models: Record<string, string> = {
  "a model of a task": TINY,
  "an encoder": encoderWithTokenizer(),
  RoBERTa: goldenPath("families/tiny-roberta"),
  DistilBERT: goldenPath("families/tiny-distilbert"),
};
for (const [name, directory] of Object.entries(models)) {
  test(`vectors of texts in int8 point where those in float32 do: ${name}`, async () => {
    await using exact = await loadModel(directory, { dtype: "float32" });
    await using quantised = await loadModel(directory, { dtype: "int8" });
    const expected = await exact.embed(texts);
    const received = await quantised.embed(texts);
    assert.notDeepEqual(received, expected);
    for (const [index, vector] of expected.entries()) {
      const cosine = vector.reduce((sum, value, unit) => sum + value * received[index]![unit]!, 0);
      assert.ok(cosine > 0.999 && cosine < 1.0001, `${cosine}`); // both have the length 1
    }
  });
}

test("masked words have nearly the scores that they have in float32", async () => {
  const settings = { model: goldenPath("tiny-bert-pretraining"), texts: ["the film was [MASK]"], topK: 100 };
  const scoresIn = async (dtype: "float32" | "int8") => {
    const [masks] = await fillMask({ ...settings, dtype });
    return new Map(masks![0]!.map(({ token, score }) => [token, score]));
  };
  const [exact, received] = [await scoresIn("float32"), await scoresIn("int8")];
  assert.notDeepEqual(received, exact);
  for (const [token, score] of exact) {
    const own = received.get(token);
    if (own !== undefined) assert.ok(Math.abs(own / score - 1) < 0.1, `${token}: ${own} for ${score}`);
  }
});

test("a model in int8 is saved with the weights that it was loaded from", async () => {
  const directory = join(temporaryDirectory(), "saved");
  await using model = await loadModel(TINY, { dtype: "int8" });
  await model.save(directory);
  await using again = await loadModel(directory, { task: "classification", dtype: "float32" });
  await using first = await loadModel(TINY, { task: "classification", dtype: "float32" });
  assert.deepEqual(await again.predict(texts), await first.predict(texts));
  const dtypeIn = (path: string) => JSON.parse(readFileSync(join(path, "config.json"), "utf8")).dtype;
  assert.equal(dtypeIn(directory), dtypeIn(TINY));
});

test("int8 is for the CPU and for prediction, and is refused by name elsewhere", async () => {
  await assert.rejects(loadModel(TINY, { dtype: "int8", device: "cuda" }), {
    code: "ERR_OPTION",
    message: /Expected "auto" or "cpu" with dtype "int8" for device but received .cuda/,
  });
  const dtype = "int8" as "float32";
  await assert.rejects(fineTune({ ...tinyRun, train: rowsOf(8), dtype }), {
    code: "ERR_OPTION",
    message: /dtype/,
  });
});
