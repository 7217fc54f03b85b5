import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { LoadedModel, ModelKind } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import { CLS, POOLING, sentenceModel, TRANSFORMER } from "../support/sentence-model.js";
import { assertClose } from "../support/tolerance.js";
import { CLASSIFIER, post, serverOf } from "./support.js";

/** Pooled by `[CLS]`, which is not what libbert does without files, and with a prompt. */
const VECTOR_MODEL = sentenceModel([TRANSFORMER, POOLING], {
  "1_Pooling/config.json": CLS,
  "config_sentence_transformers.json": { prompts: { passage: "passage: " } },
});

const SOURCES = {
  films: CLASSIFIER,
  search: VECTOR_MODEL,
  ranker: goldenPath("cross-encoder"),
  tokens: goldenPath("tiny-bert-tokens"),
  masks: goldenPath("tiny-bert-pretraining"),
};

/** Batches of other sizes are rounded in another order. */
const ROUNDING = { absolute: 1e-5 };

const { app, models: served } = await serverOf({ models: SOURCES });

/** A model that is served, to ask it without the server. */
function modelOf<Kind extends ModelKind>(name: keyof typeof SOURCES): Promise<LoadedModel<Kind>> {
  return served.of(name).answer(0, new AbortController().signal, async (model) => model as LoadedModel<Kind>);
}
const films = await modelOf<"classification">("films");
const search = await modelOf<"features">("search");
const ranker = await modelOf<"regression">("ranker");

const ask = async (url: string, body: object) => {
  const { status, json } = await post(app, url, body);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
};

const TEXTS = ["a good film", "the story was bad"];

test("/predict gives every label of a classifier by its score: of a text, of a pair, and of a batch of both", async () => {
  const inputs = [TEXTS[0]!, [TEXTS[0]!, TEXTS[1]!] as const];
  const expected = await films.predict(inputs);
  const answers = [
    await ask("/predict", { inputs: inputs[0] }),
    await ask("/predict", { inputs: inputs[1], model: "films", truncate: null }),
  ];
  const batch = await ask("/predict", { inputs: [[TEXTS[0]], inputs[1]] });
  for (const given of [answers, batch]) {
    for (const [index, labels] of given.entries()) {
      const scores = labels.map(({ score }: { score: number }) => score);
      assert.deepEqual(
        [...scores].sort((a, b) => b - a),
        scores,
      );
      assert.equal(labels.length, 3);
      for (const { label, score } of labels)
        assertClose([score], [expected[index]!.scores[label]!], ROUNDING);
    }
  }
});

test("/predict gives what predict() gives of a classifier, too, where details are wanted", async () => {
  const [one] = await films.predict([TEXTS[0]!]);
  const given = await ask("/predict", { inputs: TEXTS[0], details: true });
  assert.equal(given.label, one!.label);
  assertClose([given.score], [one!.score], ROUNDING);
  assert.deepEqual(Object.keys(given.scores), films.labels);
  assert.ok(Array.isArray(await ask("/predict", { inputs: TEXTS[0], details: false })));
});

test("/predict gives what predict() gives for every other task, of one input and of a batch", async () => {
  const [first, second] = await ask("/predict", { model: "tokens", inputs: ["Anna moved", "a film"] });
  assert.ok(Array.isArray(first) && Array.isArray(second));
  assert.ok(Array.isArray(await ask("/predict", { model: "tokens", inputs: "Anna moved" })));

  const masks = await ask("/predict", {
    model: "masks",
    inputs: "the [MASK] was [MASK]",
    parameters: { topK: 3 },
  });
  assert.deepEqual(
    masks.map((tokens: object[]) => tokens.length),
    [3, 3],
  );

  const [{ score }] = await ask("/predict", { model: "ranker", inputs: [["who?", "a film"]] });
  assertClose([score], [(await ranker.predict([["who?", "a film"]]))[0]!.score], ROUNDING);
});

test("/embed gives vectors as the model's files say, or as the request does", async () => {
  const same = async (fields: object, vectors: Promise<Float32Array[]>) => {
    const json = await ask("/embed", { model: "search", inputs: TEXTS, ...fields });
    for (const [index, vector] of (await vectors).entries()) assertClose(json[index], vector, ROUNDING);
  };
  await same({}, search.embed(TEXTS));
  await same({ normalize: true }, search.embed(TEXTS, { normalize: true }));
  await same({ prompt_name: "passage" }, search.embed(TEXTS, { promptName: "passage" }));
  await same({ dimensions: 5 }, search.embed(TEXTS, { truncateDim: 5 }));
  const [vector] = await ask("/embed", { model: "search", inputs: TEXTS[0] });
  assert.ok(Math.hypot(...vector) > 1.1, "not of length 1, as the model's files do not say so");
});

test("the numbers of a vector are those of float32, to the last bit", async () => {
  const [vector] = await ask("/embed", { model: "search", inputs: "a good film" });
  const { data } = await ask("/v1/embeddings", {
    model: "search",
    input: "a good film",
    encoding_format: "base64",
  });
  const bytes = Buffer.from(data[0].embedding, "base64");
  assert.deepEqual(
    vector.map(Math.fround),
    vector.map((_: number, at: number) => bytes.readFloatLE(4 * at)),
  );
});

test("/v1/embeddings answers as OpenAI's API: a list of objects in the texts' order, with usage", async () => {
  const body = { model: "search", input: TEXTS, encoding_format: "float", dimensions: 4, user: "somebody" };
  const { object, data, model, usage } = await ask("/v1/embeddings", body);
  assert.deepEqual([object, model], ["list", "search"]);
  const vectors = await search.embed(TEXTS, { truncateDim: 4 });
  for (const [at, one] of data.entries()) {
    assert.deepEqual([one.object, one.index], ["embedding", at]);
    assertClose(one.embedding, vectors[at]!, ROUNDING);
  }
  // [CLS] a good film [SEP], [CLS] the story was bad [SEP]: words of the tiny vocabulary are one token each.
  assert.deepEqual(usage, { prompt_tokens: 11, total_tokens: 11 });
});

test("/rerank orders texts by their scores, with the texts and as raw scores where these are asked for", async () => {
  const texts = ["the story was bad", "a good film", "the plot"];
  const expected = await ranker.rank("which film?", texts, {});
  const body = { model: "ranker", query: "which film?", texts };
  const ranked = await ask("/rerank", body);
  assert.deepEqual(
    ranked.map(({ index }: { index: number }) => index),
    expected.map(({ index }) => index),
  );
  assertClose(
    ranked.map(({ score }: { score: number }) => score),
    expected.map(({ score }) => score),
    ROUNDING,
  );
  assert.deepEqual(Object.keys(ranked[0]), ["index", "score"]);
  const raw = await ask("/rerank", { ...body, raw_scores: true, return_text: true });
  const identity = await ranker.rank("which film?", texts, { activation: "identity" });
  assertClose(
    raw.map(({ score }: { score: number }) => score),
    identity.map(({ score }) => score),
    ROUNDING,
  );
  for (const { index, text } of raw) assert.equal(text, texts[index]);
});

test("/similarity compares a sentence with others", async () => {
  const inputs = { source_sentence: TEXTS[0], sentences: [TEXTS[0], TEXTS[1]] };
  const scores = await ask("/similarity", { model: "search", inputs, parameters: { truncate: true } });
  const vectors = await search.embed(TEXTS);
  const [expected] = await search.similarity([vectors[0]!], vectors);
  assertClose(scores, expected!, ROUNDING);
});

test("the event loop goes on while a model computes", async () => {
  let [turns, isOver] = [0, false];
  const inputs = new Array(32).fill("the film was so good that we never saw the ending ".repeat(4));
  const answer = ask("/embed", { model: "search", inputs }).finally(() => {
    isOver = true;
  });
  for (; !isOver; turns++) await nextTurn();
  await answer;
  assert.ok(turns > 50, `${turns} turns`);
});

test("/info, /v1/models, /health and /metrics tell what is served", async () => {
  const get = (url: string) => app.inject({ url });
  assert.equal((await get("/health")).statusCode, 200);
  const info = (await get("/info")).json();
  assert.equal(info.served_model_name, "films");
  assert.deepEqual(info.model_type.classifier.id2label, { 0: "negative", 1: "neutral", 2: "positive" });
  assert.deepEqual(
    info.models.map(({ served_model_name }: { served_model_name: string }) => served_model_name),
    Object.keys(SOURCES),
  );
  assert.equal(info.models[1].vector_size, 32);
  const listed = (await get("/v1/models")).json();
  assert.deepEqual(listed.data[0].id, "films");
  const { headers, body } = await get("/metrics");
  assert.match(headers["content-type"] as string, /^text\/plain; version=0\.0\.4/);
  assert.match(body, /^libbert_requests_total\{route="\/predict",status="200"\} [1-9]/m);
  assert.match(body, /^libbert_request_seconds_bucket\{route="\/embed",le="\+Inf"\} [1-9]/m);
  assert.match(body, /^libbert_inputs_total\{model="search"\} [1-9]/m);
  assert.match(body, /^libbert_queue_inputs\{model="films"\} 0$/m);
});
