import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { type FineTuneOptions, fineTune } from "../../lib/index.js";
import { tinyRun } from "./support.js";

const texts = ["the film was good", "the cast was bad", "a good story", "a bad film"];
const labelled = texts.map((text, row) => ({ text, label: row % 2 ? "bad" : "good" }));
const pairs = texts.map((text) => ({ anchor: text, positive: `${text} and more` }));

/** What a short run tells. */
async function noticesOf(options: object): Promise<string[]> {
  const told: string[] = [];
  const onProgress = (event: { type: string; message?: string }) =>
    void (event.type === "notice" && told.push(event.message!));
  const run = { ...tinyRun, epochs: 1, onProgress, ...options } as FineTuneOptions;
  await using _ = await fineTune(run);
  return told;
}

const refused = (options: object, message: string) =>
  assert.rejects(noticesOf(options), { code: "ERR_OPTION", message });

test("options that would do nothing are refused", async () => {
  const classifier = { task: "classification", train: labelled };
  await refused(
    { ...classifier, snapshotEvery: 1 },
    "Expected no value without outputDir for snapshotEvery but received 1",
  );
  for (const [name, value] of Object.entries({ keepSnapshots: 5, snapshotMinutes: 3 }))
    await refused(
      { ...classifier, [name]: value },
      `Expected no value without outputDir for ${name} but received ${value}`,
    );
  await refused(
    { ...classifier, freezeLayers: 2, layerDecay: 0.9 },
    "Expected no value, as freezeLayers leaves all 2 layers as they are, for layerDecay but received 0.9",
  );
  await refused(
    { ...classifier, overwrite: true },
    "Expected no value without outputDir for overwrite but received true",
  );
  await refused(
    { ...classifier, encoder: "frozen", layerDecay: 0.9 },
    'Expected no value beside encoder "frozen", which trains no layer (leave one of them out), for layerDecay but received 0.9',
  );
  const embedding = { task: "embedding", train: pairs };
  await refused(
    { ...embedding, margin: 1 },
    "Expected no value, as multiple-negatives-ranking has none, for margin but received 1",
  );
  const triplets = pairs.map((pair) => ({ ...pair, negative: "a bad film" }));
  await refused(
    { ...embedding, train: triplets, loss: "triplet", scale: 5 },
    "Expected no value, as triplet has none, for scale but received 5",
  );
});

test("a run whose losses are all 0 says that it learned nothing", async () => {
  const told = "every loss was 0, so that nothing was learned: rows have nothing to be told from";
  const run = { task: "embedding", train: pairs, batchSize: 4 };
  assert.deepEqual(await noticesOf(run), []);
  assert.deepEqual(await noticesOf({ ...run, batchSize: 1 }), [told]);
  const same = pairs.map(({ anchor }) => ({ anchor, positive: "a good film" }));
  assert.deepEqual(await noticesOf({ ...run, train: same }), [told]);
});

test("validation rows that are the training rows are told", async () => {
  const run = { task: "classification", train: labelled };
  const told =
    "validation: the rows are those of train: figures say how well they are remembered, and nothing of other rows";
  assert.deepEqual(await noticesOf({ ...run, validation: labelled }), [told]);
  assert.deepEqual(await noticesOf({ ...run, validation: labelled.slice(1) }), []);
});

test("texts and labels that teach little are told", async () => {
  const classifier = { task: "classification", train: labelled };
  const missing = labelled.map((row, index) => (index < 2 ? { ...row, text: "nan" } : row));
  assert.deepEqual(await noticesOf({ ...classifier, train: missing }), [
    "train: texts that other programs write where there is none, such as nan: 2",
  ]);
  const apart = labelled.map((row) => ({ ...row, textPair: "the film" }));
  assert.deepEqual(await noticesOf({ ...classifier, train: apart, validation: labelled }), [
    "validation: rows of one text, where those to train on are of two texts: the columns have other names (columns.textPair)",
  ]);
  const all = texts.map((text, row) => ({ text, labels: row ? ["a", "b"] : ["a"] }));
  assert.deepEqual(await noticesOf({ task: "multi-label", train: all }), [
    'train: every row has the label "a", which teaches nothing of where not to give it',
  ]);
  const spans = [{ text: "the film", entities: [{ start: 0, end: 3, label: "B-x" }] }];
  assert.deepEqual(await noticesOf({ task: "token-classification", train: spans }), [
    'types of entities that look like tags of their words: "B-x"',
  ]);
});
