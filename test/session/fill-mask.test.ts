import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { fillMask } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";

const model = goldenPath("tiny-bert-pretraining");

test("every mask of every text gets its likeliest tokens in falling order", async () => {
  const texts = ["the [MASK] film", "[MASK] and [MASK]"];
  const filled = await fillMask({ model, texts, topK: 3, dtype: "float32" });
  assert.deepEqual(
    filled.map((masks) => masks.map((predictions) => predictions.length)),
    [[3], [3, 3]],
  );
  for (const predictions of filled.flat()) {
    const scores = predictions.map(({ score }) => score);
    assert.deepEqual(
      scores,
      scores.toSorted((a, b) => b - a),
    );
    assert.ok(scores.every((score) => score > 0 && score < 1));
  }
});

test("a text that is longer than the model reads says so beside its masks", async () => {
  const texts = [`[MASK] ${"film ".repeat(100)}`, "a [MASK]"];
  const filled = await fillMask({ model, texts, dtype: "float32" });
  assert.deepEqual(
    filled.map(({ truncated }) => truncated),
    [true, undefined],
  );
});

test("with as many tokens as the vocabulary has, the scores of a mask add up to one", async () => {
  const [[all]] = (await fillMask({ model, texts: ["a [MASK]"], topK: 114, dtype: "float32" })) as [
    [{ token: string; score: number }[]],
  ];
  assert.equal(new Set(all.map(({ token }) => token)).size, 114);
  const sum = all.reduce((total, { score }) => total + score, 0);
  assert.ok(Math.abs(sum - 1) < 1e-5, `${sum}`); // float32 probabilities, 114 of them
});

test("an abort rejects with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const filled = fillMask({ model, texts: ["a [MASK]"], signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(filled, reason);
});

test("a text without a mask, and a model without the head, are refused by name", async () => {
  await assert.rejects(fillMask({ model, texts: ["no gap"] }), {
    code: "ERR_DATA",
    message: 'Expected a text with [MASK] in it but received "no gap"',
  });
  const classifier = goldenPath("tiny-bert");
  await assert.rejects(fillMask({ model: classifier, texts: ["a [MASK]"] }), {
    code: "ERR_CHECKPOINT",
    message: `Expected a model for masked-words in ${classifier} but it is for classification`,
  });
});
