import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type FineTuneOptionsByTask,
  fineTune,
  type LoadedModel,
  loadModel,
  type Model,
} from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { ADJECTIVES, NOUNS } from "../support/words.js";
import { failureOf, TINY, tinyRun } from "./support.js";

const WORDS = 26; // each a token
const [CAPACITY, STRIDE] = [10, 4];
const maxSeqLength = CAPACITY + 2;

/** Nouns that are the same in all texts, and behind them what tells which belong together. */
function textOf(row: number, start: number): string {
  const nouns = Array.from({ length: WORDS - 8 }, (_, place) => NOUNS[(start + place) % NOUNS.length]!);
  const own = `${ADJECTIVES[row % ADJECTIVES.length]} ${NOUNS[row % NOUNS.length]}`;
  return [...nouns, own, own, own, own].join(" ");
}

/** What the model reads of a text at once. */
function windowsOf(text: string, capacity = CAPACITY): string[] {
  const words = text.split(" ");
  const windows: string[] = [];
  for (let first = 0; first === 0 || first + STRIDE < words.length; first += capacity - STRIDE)
    windows.push(words.slice(first, first + capacity).join(" "));
  return windows;
}

const pairs = Array.from({ length: 24 }, (_, row) => ({ anchor: textOf(row, 0), positive: textOf(row, 3) }));
const texts = pairs.map(({ anchor }) => anchor);
const run: FineTuneOptionsByTask["embedding"] = {
  ...tinyRun,
  task: "embedding",
  ...{ train: pairs, maxSeqLength, batchSize: 8, learningRate: 3e-3 },
};

const directory = temporaryDirectory();
const outputDir = join(directory, "tuned");
let tuned: Model<"embedding">;
let encoder: LoadedModel;
before(async () => {
  const windows = { longTexts: "mean", docStride: STRIDE } as const;
  tuned = await fineTune({ ...run, ...windows, validation: pairs, epochs: 12, outputDir });
  const short = join(directory, "encoder");
  cpSync(TINY, short, { recursive: true });
  const path = join(short, "tokenizer_config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...config, model_max_length: maxSeqLength }));
  encoder = await loadModel(short, { dtype: "float32" });
});
after(async () => {
  await tuned?.dispose();
  await encoder?.dispose();
});

const POOL = {
  mean: (values: number[]) => values.reduce((sum, value) => sum + value) / values.length,
  max: (values: number[]) => Math.max(...values),
};

for (const longTexts of ["mean", "max"] as const)
  test(`the vector of a long text is the ${longTexts} of its windows', and that of a short one its own`, async () => {
    const choices = { longTexts, docStride: STRIDE, normalize: false };
    const [vector] = await encoder.embed([texts[0]!], choices);
    const windows = windowsOf(texts[0]!);
    assert.equal(windows.length, 4);
    const own = await encoder.embed(windows, { normalize: false });
    const pooled = Array.from(vector!, (_, index) => POOL[longTexts](own.map((one) => one[index]!)));
    assertClose(vector!, pooled, { absolute: 1e-6 });
    assert.equal(
      vector!.tokens,
      own.reduce((sum, { tokens }) => sum + tokens, 0),
    );
    assert.equal(vector!.truncated, undefined);
    const [short] = await encoder.embed([windows[0]!], choices);
    assert.deepEqual(short, own[0]);
    const [cut] = await encoder.embed([texts[0]!], { normalize: false });
    assertClose(cut!, own[0]!, { absolute: 1e-6 });
    assert.equal(cut!.truncated, true);
  });

test("each window of a text begins with its prompt", async () => {
  const prompt = "the good ";
  const choices = { longTexts: "mean", docStride: STRIDE, normalize: false, prompt } as const;
  const [vector] = await encoder.embed([texts[0]!], choices);
  const own = await encoder.embed(windowsOf(texts[0]!, CAPACITY - 2), { normalize: false, prompt });
  const pooled = Array.from(vector!, (_, index) => POOL.mean(own.map((one) => one[index]!)));
  assertClose(vector!, pooled, { absolute: 1e-6 });
  const long = await failureOf(
    encoder.embed([texts[0]!], { ...choices, prompt: "the good film was so good " }),
  );
  assert.match(
    long.message,
    /^input 1: Expected a prompt of less than 6 tokens \(windows of 12 share 4\) but received 6$/,
  );
});

test("training in windows learns what stands behind the first; its vectors are those of the saved model", async () => {
  const losses = tuned.training!.history.steps.map(({ loss }) => loss);
  // The beginnings of all texts are the same: whoever reads them alone stays at ln 8 = 2.08, a guess among a batch's 8.
  assert.ok(losses.at(-1)! < 1.5, `losses ${losses}`);
  const { report: _, ...figures } = await tuned.evaluate(pairs);
  const { report: _of, ...trained } = tuned.training!.metrics!;
  assert.deepEqual(figures, trained);
  const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual([config.long_texts, config.doc_stride], ["mean", STRIDE]);
  await using loaded = await loadModel(outputDir, { dtype: "float32" });
  const vectors = await loaded.embed(texts);
  assert.deepEqual(
    vectors.map((vector) => [...vector]),
    (await tuned.predict(texts)).map(({ vector }) => [...vector]),
  );
  const cosine = vectors[0]!.reduce((sum, value, index) => sum + value * vectors[1]![index]!, 0);
  const [one, other] = await loaded.embed(texts.slice(0, 2), { longTexts: "cut" });
  assert.deepEqual([...one!], [...other!], "cut, the texts are the same");
  assert.ok(cosine < 0.99, `in windows, they are not: ${cosine}`);
});

test("the loss of windows does not depend on how rows are divided into micro-batches, with dropout", async () => {
  const lossesOf = async (microBatchSize?: number) => {
    await using model = await fineTune({ ...run, longTexts: "max", docStride: STRIDE, microBatchSize });
    return model.training!.history.steps.map(({ loss }) => loss);
  };
  assertClose(await lossesOf(3), await lossesOf(), { relative: 1e-5 });
});

test("a model with files of sentence-transformers is saved with the windows' length", async () => {
  const output = join(directory, "sentences");
  const model = goldenPath("sentence/encoder");
  await using trained = await fineTune({ ...run, model, longTexts: "mean", outputDir: output });
  await using loaded = await loadModel(output, { dtype: "float32" });
  assert.deepEqual([...(await loaded.embed([texts[0]!]))[0]!], [...(await trained.embed([texts[0]!]))[0]!]);
  const { tokens } = (await loaded.embed([texts[0]!]))[0]!;
  assert.ok(tokens > maxSeqLength && tokens % 2 === 0, `${tokens} tokens`);
  assert.equal(
    JSON.parse(readFileSync(join(output, "sentence_bert_config.json"), "utf8")).max_seq_length,
    maxSeqLength,
  );
});

test("pairs, windows that do not get ahead and a stride without windows are refused by name", async () => {
  for (const [texts, options, message] of [
    [
      [["the film", "the cast"]],
      { longTexts: "mean" },
      /^input 1: Expected one text, which longTexts reads in/,
    ],
    [
      ["the film"],
      { longTexts: "mean", docStride: 10 },
      /^Expected at most 9, with maxSeqLength 12, for docStride/,
    ],
    [
      ["the film"],
      { docStride: 4 },
      /^Expected no value, as long texts are cut, unless longTexts says otherwise, for/,
    ],
  ] as const)
    assert.match((await failureOf(encoder.embed(texts as never, options))).message, message);
});
