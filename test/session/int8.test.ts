import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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

test("vectors of texts in int8 point where those in float32 do", async () => {
  await using exact = await loadModel(goldenPath("tiny-bert"), { dtype: "float32" });
  await using quantised = await loadModel(goldenPath("tiny-bert"), { dtype: "int8" });
  const expected = await exact.embed(texts);
  const received = await quantised.embed(texts);
  for (const [index, vector] of expected.entries()) {
    const cosine = vector.reduce((sum, value, unit) => sum + value * received[index]![unit]!, 0);
    assert.ok(cosine > 0.999 && cosine < 1.0001, `${cosine}`); // both have the length 1
  }
});

test("masked words are filled in from an encoder in int8 and word embeddings as they are", async () => {
  const model = goldenPath("tiny-bert-pretraining");
  const options = { model, texts: ["the film was [MASK]"], topK: 5 };
  const scoreIn = async (dtype: "float32" | "int8") =>
    (await fillMask({ ...options, dtype }))[0]![0]![0]!.score;
  assert.ok(Math.abs((await scoreIn("int8")) - (await scoreIn("float32"))) < 0.02);
});

test("a model in int8 is saved with the weights that it was loaded from", async () => {
  const directory = join(temporaryDirectory(), "saved");
  await using model = await loadModel(TINY, { dtype: "int8" });
  await model.save(directory);
  await using again = await loadModel(directory, { task: "classification", dtype: "float32" });
  await using first = await loadModel(TINY, { task: "classification", dtype: "float32" });
  assert.deepEqual(await again.predict(texts), await first.predict(texts));
  assert.match(readFileSync(join(directory, "config.json"), "utf8"), /float32/);
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
