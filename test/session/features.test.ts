import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type EncoderModel, fineTune, loadModel } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import { inPython, withoutPython } from "../support/python.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { failureOf, TINY } from "./support.js";

const HIDDEN_SIZE = 32;
const directory = temporaryDirectory();
const encoder = join(directory, "encoder");
const texts = [
  "the film was good",
  ["the cast was bad", "a slow, dull plot"],
  "",
  "naïve quickly 東京",
  "the story was so ".repeat(30), // more than 64 tokens
] as const;

// Float32 in another order of additions; values reach 10.
const TOLERANCE = { absolute: 1e-5, relative: 1e-5 };

let model: EncoderModel;
before(async () => {
  cpSync(goldenPath("tiny-bert-bare"), encoder, { recursive: true }); // the encoder of tiny-bert
  for (const file of ["tokenizer.json", "tokenizer_config.json", "vocab.txt"])
    cpSync(join(TINY, file), join(encoder, file));
  model = await loadModel(encoder, { task: "features", dtype: "float32" });
});
after(() => model?.dispose());

test("the shapes of features are those of the texts' tokens, layers and units", async () => {
  const lengths = [6, 12, 2, 11, 64];
  const shapesOf = async (pooling: "mean" | "cls" | "concat" | "none", layers?: number[]) =>
    (await model.features(texts, { pooling, layers })).map(({ values, shape, tokens }) => {
      assert.equal(
        values.length,
        shape.reduce((product, length) => product * length, 1),
      );
      assert.equal(tokens?.length, pooling === "mean" || pooling === "cls" ? undefined : shape.at(-2));
      return shape;
    });
  assert.deepEqual(
    await shapesOf("mean"),
    lengths.map(() => [HIDDEN_SIZE]),
  );
  assert.deepEqual(
    await shapesOf("cls", [-1, -2, 0]),
    lengths.map(() => [3 * HIDDEN_SIZE]),
  );
  assert.deepEqual(
    await shapesOf("concat", [-1, -2]),
    lengths.map((length) => [length, 2 * HIDDEN_SIZE]),
  );
  assert.deepEqual(
    await shapesOf("none", [0, 1, 2]),
    lengths.map((length) => [3, length, HIDDEN_SIZE]),
  );
  const [usual] = await model.features(["a film"]);
  const [explicit] = await model.features(["a film"], { layers: [-1], pooling: "mean" });
  assert.deepEqual(usual, explicit);
});

test("tokens say what they are and where in the text they stand", async () => {
  const [features] = await model.features([["good film", "slowly"]], { pooling: "concat" });
  assert.deepEqual(features!.tokens, [
    { token: "[CLS]", text: 0, start: 0, end: 0 },
    { token: "good", text: 0, start: 0, end: 4 },
    { token: "film", text: 0, start: 5, end: 9 },
    { token: "[SEP]", text: 0, start: 0, end: 0 },
    { token: "slow", text: 1, start: 0, end: 4 },
    { token: "##ly", text: 1, start: 4, end: 6 },
    { token: "[SEP]", text: 1, start: 0, end: 0 },
  ]);
});

test("poolings agree with each other, text by text", async () => {
  const layers = [-1, 0];
  const ask = (pooling: "mean" | "cls" | "concat" | "none") => model.features(texts, { layers, pooling });
  const [mean, cls, concat, none] = await Promise.all([ask("mean"), ask("cls"), ask("concat"), ask("none")]);
  for (const [text, { values, shape }] of concat.entries()) {
    const [tokens, width] = shape as [number, number];
    const row = (token: number) => values.subarray(token * width, (token + 1) * width);
    assert.deepEqual(cls[text]!.values, row(0));
    const sums = Array.from({ length: width }, (_, unit) =>
      Array.from({ length: tokens }, (_, token) => row(token)[unit]!).reduce((sum, value) => sum + value, 0),
    );
    assertClose(
      mean[text]!.values,
      sums.map((sum) => sum / tokens),
      { absolute: 1e-6 },
    );
    for (let token = 0; token < tokens; token++) {
      for (const layer of [0, 1]) {
        const start = (layer * tokens + token) * HIDDEN_SIZE;
        assert.deepEqual(
          none[text]!.values.subarray(start, start + HIDDEN_SIZE),
          row(token).subarray(layer * HIDDEN_SIZE, (layer + 1) * HIDDEN_SIZE),
        );
      }
    }
  }
});

test("embed is the mean of the last layer, of length 1 unless normalize is false", async () => {
  const embeddings = await model.embed(texts);
  const means = await model.features(texts);
  for (const [text, vector] of embeddings.entries()) {
    assert.ok(vector instanceof Float32Array);
    assert.equal(vector.truncated, text === 4 ? true : undefined);
    assert.equal(means[text]!.truncated, vector.truncated);
    assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-6);
    const length = Math.hypot(...means[text]!.values);
    assertClose(
      vector,
      means[text]!.values.map((value) => value / length),
      { absolute: 1e-6 },
    );
  }
  const [asTheyAre] = await model.embed(texts.slice(0, 1), { normalize: false });
  assertClose(asTheyAre!, means[0]!.values, TOLERANCE);
  assert.deepEqual(await model.embed([]), []);
});

test("overlapping calls of different options get what each gets alone", async () => {
  const calls = [
    () => model.embed(texts.slice(0, 2)),
    () => model.features(texts, { pooling: "concat", layers: [1] }),
    () => model.embed(texts.slice(2)),
    () => model.features(texts.slice(1, 3), { pooling: "cls", layers: [0, -1] }),
  ];
  const together = await Promise.all(calls.map((call) => call()));
  for (const [index, call] of calls.entries()) {
    const alone = await call();
    for (const [text, own] of alone.entries()) {
      const valuesOf = (result: (typeof together)[number]) => {
        const vector = result[text]!;
        return vector instanceof Float32Array ? vector : vector.values;
      };
      assert.equal(together[index]!.length, alone.length);
      assertClose(valuesOf(together[index]!), own instanceof Float32Array ? own : own.values, TOLERANCE);
    }
  }
});

test("a model of any task gives the features of the encoder in it", async () => {
  const expected = await model.features(texts, { layers: [0, 1, 2], pooling: "concat" });
  const embeddings = await model.embed(texts);
  const run = { model: TINY, epochs: 1, learningRate: 1e-12, dtype: "float32", maxSeqLength: 64 } as const;
  const choice = { context: "a film", choices: ["good", "bad"], label: 0 };
  const models = [
    await loadModel(TINY, { dtype: "float32" }),
    await fineTune({ ...run, task: "multiple-choice", train: [choice] }),
    await fineTune({ ...run, task: "masked-words", train: [{ text: "a good film" }] }),
  ];
  assert.deepEqual(
    models.map(({ task }) => task),
    ["classification", "multiple-choice", "masked-words"],
  );
  for (const other of models) {
    const own = await other.features(texts, { layers: [0, 1, 2], pooling: "concat" });
    for (const [text, { values, shape, tokens }] of own.entries()) {
      assert.deepEqual([shape, tokens], [expected[text]!.shape, expected[text]!.tokens]);
      assertClose(values, expected[text]!.values, TOLERANCE);
    }
    for (const [text, vector] of (await other.embed(texts)).entries())
      assertClose(vector, embeddings[text]!, TOLERANCE);
    await other.dispose();
  }
});

test("an encoder alone is saved as one and loads again; its pooler stays with it", async () => {
  const copy = join(directory, "copy");
  await model.save(copy);
  const { architectures } = JSON.parse(readFileSync(join(copy, "config.json"), "utf8"));
  assert.deepEqual(architectures, ["BertModel"]);
  await using loaded = await loadModel(copy, { dtype: "float32" });
  assert.equal(loaded.task, "features");
  assert.deepEqual(await loaded.embed(texts), await model.embed(texts));
  const header = readFileSync(join(copy, "model.safetensors")).subarray(0, 8000).toString("latin1");
  assert.match(header, /"pooler\.dense\.weight"/);
  await using tuned = await fineTune({
    ...{ task: "classification", model: copy, epochs: 1, maxSeqLength: 64, dtype: "float32" },
    train: [
      { text: "a good film", label: "good" },
      { text: "a bad film", label: "bad" },
    ],
  });
  assert.equal((await tuned.predict(["a film"])).length, 1);
});

test("sentence_bert_config.json says how many tokens are read of a text; damaged, it is an error", async () => {
  const folder = join(directory, "sentences");
  cpSync(encoder, folder, { recursive: true });
  const load = async (content: string) => {
    writeFileSync(join(folder, "sentence_bert_config.json"), content);
    await using loaded = await loadModel(folder, { dtype: "float32" });
    return (await loaded.features(texts, { pooling: "concat" })).map(({ shape }) => shape[0]);
  };
  assert.deepEqual(await load('{"max_seq_length": 8}'), [6, 8, 2, 8, 8]);
  assert.deepEqual(await load('{"max_seq_length": null, "do_lower_case": false}'), [6, 12, 2, 11, 64]);
  for (const content of ["{", '{"max_seq_length": "long"}']) {
    const error = await failureOf(load(content));
    assert.equal(error.code, "ERR_CHECKPOINT");
    assert.match(
      error.message,
      /sentence_bert_config\.json(: Expected a finite number for max_seq_length| is not JSON)/,
    );
  }
});

test("what an encoder alone cannot do, and what there is not, is one clear error", async () => {
  const fails = async (call: () => Promise<unknown>, code: string, message: string | RegExp) => {
    const error = await failureOf(Promise.resolve().then(call));
    assert.equal(error.code, code, error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
  };
  // @ts-expect-error an encoder alone has no predict
  assert.equal(model.predict, undefined);
  // @ts-expect-error and no evaluate
  assert.equal(model.evaluate, undefined);
  await fails(
    () => loadModel(encoder, { task: "classification" }),
    "ERR_CHECKPOINT",
    `Expected a model for classification in ${encoder} but it is an encoder that was not fine-tuned`,
  );
  await fails(
    () => loadModel(TINY, { task: "features" }),
    "ERR_CHECKPOINT",
    `Expected a model for features in ${TINY} but it is for classification`,
  );
  await fails(
    () => model.features(["a"], { layers: [0, 3] }),
    "ERR_OPTION",
    "Expected integers from -3 to 2 (0: the embeddings) for layers but received 3",
  );
  await fails(() => model.features(["a"], { layers: [] }), "ERR_OPTION", /at least 1 element/);
  await fails(() => model.features(["a"], { pooling: "max" as "mean" }), "ERR_OPTION", /"mean" or "cls"/);
  await fails(() => model.features("a" as never), "ERR_OPTION", /^Expected an array of texts for texts/);
  await fails(
    () => model.embed(["a", 5 as never]),
    "ERR_OPTION",
    "Expected a string or a pair of strings for texts.1 but received 5",
  );
  const reason = new Error("enough");
  await assert.rejects(model.embed(["a"], { signal: AbortSignal.abort(reason) }), reason);
});

const STATES_IN_PYTHON = `
import json, sys, torch
from transformers import AutoModel, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model = AutoModel.from_pretrained(sys.argv[1]).eval()
with torch.no_grad():
    for text in json.load(sys.stdin):
        encoded = tokenizer(*([text] if isinstance(text, str) else text), truncation=True, return_tensors="pt")
        states = model(**encoded, output_hidden_states=True).hidden_states
        print(json.dumps([state[0].tolist() for state in states]))
`;

test("hidden states of texts, pairs and texts that are cut are those of transformers", {
  skip: withoutPython,
}, async () => {
  const theirs = await inPython<number[][][]>(STATES_IN_PYTHON, [encoder], texts);
  const ours = await model.features(texts, { layers: [0, 1, 2], pooling: "none" });
  assert.equal(theirs.length, texts.length);
  for (const [text, { values }] of ours.entries())
    assertClose(values, theirs[text]!.flat(2), TOLERANCE, `text ${text}`);
});
