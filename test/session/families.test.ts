import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune, loadModel } from "../../lib/index.js";
import type { HeadKind } from "../../lib/models/heads/head-kind.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { DEVICE } from "../support/device.js";
import { goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { goldenEntities } from "../support/golden-entities.js";
import { loadSavedNetwork, logitsOf, tokenLogitsOf } from "../support/networks.js";
import { checkSaved, type SavedModel, withoutPython as skip } from "../support/python.js";
import { taggedRows } from "../support/tagged-rows.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { questionsOf } from "./questions.js";
import { rowsOf } from "./support.js";

const FAMILIES = {
  "tiny-distilbert": "DistilBert",
  "tiny-roberta": "Roberta",
  "tiny-xlm-roberta": "XLMRoberta",
  "tiny-bert-unigram": "Bert",
  "tiny-electra": "Electra",
  "tiny-camembert": "Camembert",
} as const;
type FamilyName = keyof typeof FAMILIES;
/** With half the others' units. */
const NARROW: readonly FamilyName[] = ["tiny-electra", "tiny-camembert"];
const NAMES = Object.keys(FAMILIES) as FamilyName[];

const directory = temporaryDirectory();
const pathOf = (name: FamilyName, task: string) => join(directory, `${name}-${task}`);
const runOf = (name: FamilyName) => ({
  model: goldenPath(`families/${name}`),
  maxSeqLength: 64,
  batchSize: 16,
  learningRate: NARROW.includes(name) ? 1e-2 : 3e-3,
  epochs: 6,
  seed: 3,
  device: DEVICE,
  dtype: "float32" as const,
});

/** Whether the mean loss of the last epoch is that much below the first loss: a model that guesses learns nothing. */
function assertLearnt(training: { history: { steps: { loss: number }[] }; trainLoss: number } | null): void {
  const first = training!.history.steps[0]!.loss;
  assert.ok(training!.trainLoss < 0.8 * first, `from ${first} to ${training!.trainLoss}`);
}

for (const name of NAMES) {
  test(`${name} learns to classify, and what is saved evaluates and predicts the same`, async () => {
    const outputDir = pathOf(name, "classification");
    const rows = rowsOf(64);
    const texts = rows.map(({ text }) => text);
    const run = { ...runOf(name), train: rows, validation: rows, outputDir };
    await using model = await fineTune({ ...run, task: "classification", epochs: 15 });
    assertLearnt(model.training);
    await using loaded = await loadModel(outputDir, { task: "classification", dtype: "float32" });
    assert.deepEqual(await loaded.evaluate(rows), await model.evaluate(rows));
    assert.deepEqual(await loaded.predict(texts), await model.predict(texts));
  });

  test(`${name} learns to tag words, and what is saved evaluates and predicts the same`, async () => {
    const outputDir = pathOf(name, "token-classification");
    const rows = taggedRows(48);
    const texts = rows.map(({ tokens }) => tokens.join(" "));
    const run = { ...runOf(name), train: rows, validation: rows, outputDir };
    await using model = await fineTune({ ...run, task: "token-classification" });
    assertLearnt(model.training);
    await using loaded = await loadModel(outputDir, { task: "token-classification", dtype: "float32" });
    assert.deepEqual(await loaded.evaluate(rows), await model.evaluate(rows));
    assert.deepEqual(await loaded.predict(texts), await model.predict(texts));
  });

  test(`${name} learns to answer, and what is saved evaluates and predicts the same`, async () => {
    const outputDir = pathOf(name, "question-answering");
    const rows = questionsOf(48);
    const run = { ...runOf(name), train: rows, validation: rows, outputDir };
    await using model = await fineTune({ ...run, task: "question-answering" });
    assertLearnt(model.training);
    await using loaded = await loadModel(outputDir, { task: "question-answering", dtype: "float32" });
    assert.deepEqual(await loaded.evaluate(rows), await model.evaluate(rows));
    assert.deepEqual(await loaded.predict(rows), await model.predict(rows));
  });
}

/** What was saved above, with the head's kind, the end of its class in transformers, and some inputs. */
const SAVED = NAMES.flatMap((name) => [
  {
    path: pathOf(name, "classification"),
    kind: "sequence-classification" as HeadKind,
    className: `${FAMILIES[name]}ForSequenceClassification`,
    inputs: ["the film was good", ["a warm story", "naïve 東京 🎬"], "", "the plot was dull ".repeat(20)],
  },
  {
    path: pathOf(name, "token-classification"),
    kind: "token-classification" as HeadKind,
    className: `${FAMILIES[name]}ForTokenClassification`,
    inputs: ["the good film music was quick", "Anna 🎬 ,  and the actor"],
  },
  {
    path: pathOf(name, "question-answering"),
    kind: "question-answering" as HeadKind,
    className: `${FAMILIES[name]}ForQuestionAnswering`,
    inputs: [
      ["was the film like that ?", "the film was very good , always"],
      ["was it ?", "🎬 é"],
    ],
  },
]);

type Output = { inputIds: number[]; logits: number[] | number[][] };
let theirs: SavedModel<Output>[];

for (const [index, { path, kind, className, inputs }] of SAVED.entries()) {
  test(`transformers loads it as ${className}, with the same tokens and logits`, { skip }, async () => {
    theirs ??= await checkSaved<Output>(SAVED.map((saved) => [saved.path, saved.inputs]));
    const { name, missing, unexpected, mismatched, outputs, labels } = theirs[index]!;
    assert.deepEqual(
      { name, missing, unexpected, mismatched },
      { name: className, missing: [], unexpected: [], mismatched: [] },
    );
    const tokenizer = await TextTokenizer.load(path);
    const encodings = await tokenizer.encodeBatch(inputs as string[], { maxLength: 64 });
    const input = inputOf(encodings);
    assert.deepEqual(
      encodings.map(({ inputIds }) => [...inputIds]),
      outputs.map(({ inputIds }) => inputIds),
    );
    const network = loadSavedNetwork(path, kind, labels.length);
    const logits =
      kind === "sequence-classification"
        ? logitsOf(network as Parameters<typeof logitsOf>[0], input)
        : tokenLogitsOf(network as Parameters<typeof tokenLogitsOf>[0], input);
    // Float32 of other kernels through two layers; the logits are near 1.
    const expected = outputs.flatMap((output) => output.logits.flat());
    assertClose(logits.toArray(), expected, { absolute: 1e-5, relative: 1e-5 });
  });
}

for (const name of [
  "tiny-distilbert-ner",
  "tiny-roberta-ner",
  "tiny-xlm-roberta-ner",
  "tiny-electra-ner",
  "tiny-camembert-ner",
]) {
  test(`${name}: the entities of texts are those that transformers' tags make`, async () => {
    const texts = goldenEntities(name);
    await using model = await loadModel(goldenPath(`families/${name}`), {
      task: "token-classification",
      dtype: "float32",
    });
    const predictions = await model.predict(texts.map(({ text }) => text));
    for (const [index, { text, entities }] of texts.entries()) {
      const found = predictions[index]!;
      assert.deepEqual(
        found.map(({ label, start, end }) => [label, start, end]),
        entities.map(({ label, start, end }) => [label, start, end]),
      );
      for (const { start, end, text: slice } of found) assert.equal(slice, text.slice(start, end));
      // float32 in another order of additions; the logits are near 5.
      const scores = entities.map(({ score }) => score);
      assertClose(
        found.map(({ score }) => score),
        scores,
        { absolute: 1e-5 },
      );
    }
  });
}

interface GoldenAnswers {
  questions: {
    question: string;
    context: string;
    answer: string;
    start: number;
    end: number;
    score: number;
  }[];
}

for (const name of ["tiny-distilbert-qa", "tiny-roberta-qa", "tiny-electra-qa"]) {
  test(`${name}: answers are those of transformers, with their offsets and scores`, async () => {
    const { questions } = goldenJson<GoldenAnswers>(`families/${name}.json`);
    await using model = await loadModel(goldenPath(`families/${name}`), {
      task: "question-answering",
      dtype: "float32",
    });
    const predictions = await model.predict(
      questions.map(({ question, context }) => ({ question, context })),
    );
    for (const [index, { answer, start, end, score }] of questions.entries()) {
      const { score: ours, ...found } = predictions[index]!;
      assert.deepEqual(found, { answer, start, end });
      assertClose([ours], [score], { absolute: 1e-5 }); // as above
    }
  });
}
