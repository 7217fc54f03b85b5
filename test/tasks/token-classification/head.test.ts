import "../../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Checkpoint, openCheckpoint } from "../../../lib/checkpoint/checkpoint.js";
import { savedModel } from "../../../lib/tasks/build-model.js";
import { taskOf } from "../../../lib/tasks/find-spec.js";
import { headOf } from "../../../lib/tasks/heads.js";
import type { TaggingConfig } from "../../../lib/tasks/token-classification/config.js";
import { spansOfTags } from "../../../lib/tasks/token-classification/decode.js";
import type { EntityPrediction } from "../../../lib/tasks/token-classification/prediction.js";
import { chooseCompute } from "../../../lib/tensor/compute.js";
import { DEVICE } from "../../support/device.js";
import { goldenPath } from "../../support/golden.js";
import { goldenEntities } from "../../support/golden-entities.js";
import { assertClose } from "../../support/tolerance.js";

const head = await headOf("token-classification");

for (const name of ["tiny-roberta-ner", "tiny-xlm-roberta-ner", "tiny-distilbert-ner"]) {
  test(`${name}: entities, their offsets and scores are those of transformers`, async () => {
    const checkpoint = await openCheckpoint(goldenPath(`families/${name}`));
    assert.equal(taskOf(checkpoint), "token-classification");
    const model = savedModel(head, checkpoint, chooseCompute({ device: DEVICE, dtype: "float32" }));
    const texts = goldenEntities(name);
    const inputs = texts.map(({ text }) => text);
    const predictions = (await model.predict(inputs, {})) as EntityPrediction[][];
    model.dispose();
    for (const [index, one] of texts.entries()) {
      const [found, { entities }] = [predictions[index]!, one];
      assert.ok(entities.length >= 3);
      for (const { start, end, text } of found) assert.equal(text, one.text.slice(start, end));
      const offsetsOf = (some: readonly Omit<EntityPrediction, "text">[]) =>
        some.map(({ label, start, end }) => ({ label, start, end }));
      assert.deepEqual(offsetsOf(found), offsetsOf(entities), one.text);
      const scoresOf = (some: readonly { score: number }[]) => some.map(({ score }) => score);
      // Rounding of float32, in another order of additions.
      assertClose(scoresOf(found), scoresOf(entities), { absolute: 1e-5 });
    }
  });
}

/** A checkpoint that stores these tags, with a classifier that sees the last layer unless it says otherwise. */
async function taggerOf(labels: readonly string[], field?: object): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(goldenPath("tiny-bert-tokens"));
  const id2label = Object.fromEntries(labels.map((label, id) => [id, label]));
  return { ...checkpoint, json: { ...checkpoint.json, id2label, token_classification: field } };
}

test("training goes on with a checkpoint's layer where tags and features are the same", async () => {
  const config = {
    labels: ["B-x", "I-x", "O"],
    scheme: "BIO",
    features: "last-hidden",
    documentContext: true,
  };
  const stored = await taggerOf(config.labels);
  assert.ok(head.continues(stored, config));
  assert.ok(!head.continues(stored, { ...config, features: "concat-last-four" } as typeof config));
  assert.ok(!head.continues(stored, { ...config, labels: ["I-x", "B-x", "O"] }));
  assert.ok(
    head.continues(await taggerOf(config.labels, { scheme: "IOB1", features: "last-hidden" }), config),
  );
  const encoder = { ...stored, json: { ...stored.json, architectures: ["BertForSequenceClassification"] } };
  assert.ok(!head.continues(encoder, config), "the labels of another task are no tags");
});

test("what a model is stands in its config.json, and is read from there", async () => {
  const labels = ["B-x", "E-x", "I-x", "O", "S-x"];
  const config = { labels, scheme: "BIOES", features: "concat-last-four", documentContext: true } as const;
  const fields = head.fields(config);
  assert.deepEqual(fields.token_classification, {
    scheme: "BIOES",
    features: "concat-last-four",
    document_context: true,
  });
  const checkpoint = await taggerOf([]);
  assert.deepEqual(head.stored({ ...checkpoint, json: { ...checkpoint.json, ...fields } }, 128), config);
  assert.deepEqual(head.stored(await taggerOf(labels), 128), {
    ...{ labels, scheme: "BIOES", features: "last-hidden", documentContext: false },
  });
});

test("labels of which only some have prefixes load; the others count as I- of their names, as in transformers", async () => {
  const labels = ["B-PER", "I-PER", "O", "X", "[SEP]"];
  const { scheme } = head.stored(await taggerOf(labels), 128) as TaggingConfig;
  assert.equal(scheme, "BIO");
  assert.deepEqual(spansOfTags(["B-PER", "X", "X", "[SEP]", "O", "I-PER"], scheme), [
    { type: "PER", start: 0, end: 1 },
    { type: "X", start: 1, end: 3 },
    { type: "[SEP]", start: 3, end: 4 },
    { type: "PER", start: 5, end: 6 },
  ]);
});

test("an empty label, no labels, and settings of another version, are refused", async () => {
  const path = goldenPath("tiny-bert-tokens/config.json");
  const refused = (checkpoint: Checkpoint, message: string | RegExp) =>
    assert.throws(() => head.stored(checkpoint, 128), { code: "ERR_CHECKPOINT", message });
  refused(
    await taggerOf(["O", "B-x", ""]),
    `Expected tags for id2label in ${path} but received an empty one`,
  );
  refused(await taggerOf([]), `Expected tags for id2label in ${path} but received none`);
  refused(
    await taggerOf(["O", "B-x"], { features: "all" }),
    /config\.json: Expected .* for token_classification\.\w+ but received/,
  );
});

test("the figures that can tell the best model have f1 first", async () => {
  const checkpoint = await openCheckpoint(goldenPath("tiny-bert-tokens"));
  const model = savedModel(head, checkpoint, chooseCompute({ device: DEVICE, dtype: "float32" }));
  const strict = ["strictF1", "strictPrecision", "strictRecall"];
  assert.deepEqual(model.metrics, ["f1", "precision", "recall", ...strict, "accuracy", "loss"]);
  model.dispose();
  const plain = {
    labels: ["NOUN", "VERB"],
    scheme: "plain",
    features: "last-hidden",
    documentContext: false,
  } as const;
  assert.deepEqual(head.metrics!(plain), ["accuracy", "macroF1", "loss"]);
});

test("labels without prefixes are plain tags, and tags of entities need no O", async () => {
  const schemeOf = async (labels: string[]) =>
    (head.stored(await taggerOf(labels), 128) as TaggingConfig).scheme;
  assert.equal(await schemeOf(["DET", "NOUN", "-LRB-"]), "plain");
  assert.equal(await schemeOf(["O", "person"]), "plain");
  assert.equal(await schemeOf(["B-x", "I-x"]), "BIO");
});
