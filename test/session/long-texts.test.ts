import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type FineTuneOptionsByTask, fineTune, loadModel, type Model } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { NOUNS } from "../support/words.js";
import { failureOf, tinyRun } from "./support.js";

const directory = temporaryDirectory();
const outputDir = join(directory, "tuned");
const WORDS = 26; // each a token
const [CAPACITY, STRIDE] = [10, 4];

/** Nouns with one adjective among them, at any place, that is worth a score; the same nouns come with either. */
function rowsOf(count: number, first = 0): { text: string; score: number }[] {
  return Array.from({ length: count }, (_, index) => {
    const pair = (first + index) >> 1;
    const isGood = (first + index) % 2 === 0;
    const nouns = Array.from({ length: WORDS }, (_, place) => NOUNS[(pair * 7 + place * 3) % NOUNS.length]!);
    const text = nouns.with((pair * 11) % WORDS, isGood ? "good" : "bad").join(" ");
    return { text, score: isGood ? 1 : -1 };
  });
}

/** What the model reads of a text at once. */
function windowsOf(text: string): string[] {
  const words = text.split(" ");
  return [0, 6, 12, 18].map((first) => words.slice(first, first + CAPACITY).join(" "));
}

const train = rowsOf(96);
const validation = rowsOf(40, 1000);
const texts = validation.map(({ text }) => text);
const run: FineTuneOptionsByTask["regression"] = {
  ...tinyRun,
  task: "regression",
  ...{ train, validation, maxSeqLength: CAPACITY + 2, epochs: 20, learningRate: 5e-3 },
};

let model: Model<"regression">;
before(async () => {
  model = await fineTune({ ...run, longTexts: "mean", docStride: STRIDE, outputDir });
});
after(() => model?.dispose());

/** The saved model with other fields in its config.json. */
async function changed(fields: object): Promise<Model<"regression">> {
  const folder = join(directory, JSON.stringify(fields).replaceAll(/\W+/g, "-"));
  cpSync(outputDir, folder, { recursive: true });
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...fields }));
  return loadModel(folder, { task: "regression", dtype: "float32" });
}

test("a model that reads long texts in windows learns what stands anywhere in them, one that cuts does not", async () => {
  await using cutting = await fineTune(run);
  const [whole, cut] = [model, cutting].map(({ training }) => training!.metrics!);
  assert.ok(whole!.meanSquaredError < 0.2, `in windows ${whole!.meanSquaredError}`);
  assert.ok(cut!.meanSquaredError > 0.4, `cut ${cut!.meanSquaredError}`);
  assert.deepEqual([whole!.truncatedTexts, cut!.truncatedTexts], [0, 40]);
});

for (const [pooling, pool] of [
  ["mean", (scores: number[]) => scores.reduce((sum, score) => sum + score) / scores.length],
  ["max", (scores: number[]) => Math.max(...scores)],
] as const)
  test(`the output of a long text is the ${pooling} of its windows'`, async () => {
    await using reader = await changed({ long_texts: pooling });
    await using cutting = await changed({ long_texts: undefined });
    const scores = (await cutting.predict(texts.flatMap(windowsOf))).map(({ score }) => score);
    for (const [row, { score, truncated }] of (await reader.predict(texts)).entries()) {
      // The same numbers of the same model, added up in float32.
      assert.ok(Math.abs(score - pool(scores.slice(4 * row, 4 * row + 4))) < 1e-6);
      assert.equal(truncated, undefined);
    }
  });

test("the saved model reads long texts as it was trained to, and so does one that is trained from it", async () => {
  const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual([config.long_texts, config.doc_stride], ["mean", STRIDE]);
  await using loaded = await loadModel(outputDir, { task: "regression", dtype: "float32" });
  assert.deepEqual(await loaded.predict(texts), await model.predict(texts));
  const further = join(directory, "further");
  await using _ = await fineTune({ ...run, model: outputDir, epochs: 1, outputDir: further });
  assert.equal(JSON.parse(readFileSync(join(further, "config.json"), "utf8")).long_texts, "mean");
  const cut = join(directory, "cut");
  await using __ = await fineTune({ ...run, model: outputDir, longTexts: "cut", epochs: 1, outputDir: cut });
  assert.equal(JSON.parse(readFileSync(join(cut, "config.json"), "utf8")).long_texts, undefined);
});

test("the result does not depend on how rows are divided into micro-batches", async () => {
  const short = { ...run, longTexts: "max", docStride: STRIDE, epochs: 1 } as const;
  await using whole = await fineTune(short);
  await using divided = await fineTune({ ...short, microBatchSize: 3 });
  const [a, b] = [await whole.predict(texts), await divided.predict(texts)];
  for (const [row, { score }] of a.entries()) assert.ok(Math.abs(score - b[row]!.score) < 1e-4); // rounding of 6 updates
});

test("pairs, and windows that do not get ahead, are refused by name", async () => {
  const pairs = [{ text: "the film", textPair: "the cast", score: 1 }];
  assert.match(
    (await failureOf(fineTune({ ...run, validation: undefined, train: pairs, longTexts: "mean" }))).message,
    /row 1: Expected one text, which longTexts reads in windows, but received a pair of texts$/,
  );
  assert.match(
    (await failureOf(model.predict([["the film", "the cast"]]))).message,
    /Expected one text, which longTexts reads in windows, but received a pair of texts$/,
  );
  assert.match(
    (await failureOf(fineTune({ ...run, longTexts: "mean", docStride: 10 }))).message,
    /^Expected at most 9, with maxSeqLength 12, for docStride but received 10$/,
  );
});

test("a saved stride with which windows would not get ahead is refused by its field", async () => {
  const error = await failureOf(changed({ doc_stride: CAPACITY }));
  assert.equal(error.code, "ERR_CHECKPOINT");
  assert.match(error.message, /Expected at most 9, in texts of 12 tokens, for doc_stride but received 10$/);
});
