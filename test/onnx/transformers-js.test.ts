import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { env, pipeline } from "@huggingface/transformers";
import { type LoadedModel, loadModel } from "../../lib/index.js";
import { entitiesOf } from "../../lib/tasks/token-classification/entity-spans.js";
import { GoldenTensors, goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { alteredModel, storedGolden } from "./altered-model.js";

env.allowRemoteModels = false;
env.localModelPath = "/";

const TEXTS = ["the film was good", "the story of the cast was so bad that we never saw the ending", "naïve"];

type Task = Parameters<typeof pipeline>[0];

/** A model of libbert, and the pipeline of transformers.js that its export makes. */
async function both<Name extends Task>(folder: string, task: Name) {
  const model = await loadModel(folder, { dtype: "float32" });
  const directory = `${temporaryDirectory()}/export`;
  await model.exportOnnx(directory);
  return { model, peer: await pipeline(task, directory) };
}

async function withBoth<Name extends Task>(
  folder: string,
  task: Name,
  compare: (model: LoadedModel, peer: Awaited<ReturnType<typeof pipeline<Name>>>) => Promise<void>,
) {
  const { model, peer } = await both(folder, task);
  try {
    await compare(model, peer as never);
  } finally {
    await Promise.all([model.dispose(), peer.dispose()]);
  }
}

for (const name of [
  "tiny-bert",
  "families/tiny-distilbert",
  "families/tiny-roberta",
  "families/tiny-xlm-roberta",
  "families/tiny-electra",
])
  test(`${name}: transformers.js classifies texts as libbert does`, async () => {
    await withBoth(goldenPath(name), "text-classification", async (model, classify) => {
      assert.ok(model.task === "classification");
      const own = await model.predict(TEXTS);
      const theirs = await classify(TEXTS, { top_k: null });
      for (const [index, { label, scores }] of own.entries()) {
        const scored = theirs[index] as unknown as { label: string; score: number }[];
        assert.equal(scored[0]!.label, label);
        for (const one of scored) assertClose([one.score], [scores[one.label]!], { absolute: 1e-4 });
      }
    });
  });

test("multi-label: transformers.js gives each label libbert's score", async () => {
  const golden = new GoldenTensors("sequence_heads.safetensors");
  const folder = alteredModel(
    "tiny-bert",
    { id2label: { 0: "a", 1: "b", 2: "c", 3: "d" }, problem_type: "multi_label_classification" },
    (tensors) => {
      for (const name of ["classifier.weight", "classifier.bias"])
        tensors.set(name, storedGolden(golden, `multi_label.${name}`));
    },
  );
  await withBoth(folder, "text-classification", async (model, classify) => {
    assert.ok(model.task === "multi-label");
    const [own] = await model.predict(TEXTS.slice(0, 1));
    const scored = (await classify(TEXTS[0]!, { top_k: null })) as { label: string; score: number }[];
    assert.equal(scored.length, 4);
    for (const { label, score } of scored) assertClose([score], [own!.scores[label]!], { absolute: 1e-4 });
  });
});

for (const name of ["tiny-bert-tokens", "families/tiny-distilbert-ner"])
  test(`${name}: transformers.js gives words the tags of libbert's entities`, async () => {
    await withBoth(goldenPath(name), "token-classification", async (model, tag) => {
      assert.ok(model.task === "token-classification");
      const words = "the film of the cast was so good that the scene with the actor is like a story".split(
        " ",
      );
      const [own] = await model.predict([words]);
      const tokens = await tag(words.join(" "), { ignore_labels: [] });
      assert.equal(tokens.length, words.length, "each word is a token");
      const found = entitiesOf(tokens.map(({ entity }) => entity!));
      assert.ok(found.length > 0);
      assert.deepEqual(
        found.map(({ type, start, end }) => ({ label: type, words: [start, end] })),
        own!.map(({ label, words: place }) => ({ label, words: place })),
      );
    });
  });

for (const name of ["tiny-bert-questions", "families/tiny-distilbert-qa"])
  test(`${name}: transformers.js finds the answer that libbert finds`, async () => {
    await withBoth(goldenPath(name), "question-answering", async (model, answer) => {
      assert.ok(model.task === "question-answering");
      const question = "was the film good";
      const context = "the story was slow and the cast was never funny";
      const [own] = await model.predict([{ question, context }]);
      const { answer: theirs } = await answer(question, context);
      assert.equal(theirs, own!.answer);
    });
  });

for (const name of ["tiny-bert-pretraining", "families/tiny-distilbert-mlm", "families/tiny-roberta-mlm"])
  test(`${name}: transformers.js fills a mask with the words that libbert fills it with`, async () => {
    await withBoth(goldenPath(name), "fill-mask", async (model, fill) => {
      assert.ok(model.task === "masked-words");
      const mask = name.includes("roberta") ? "<mask>" : "[MASK]";
      const text = `the film was ${mask} and good`;
      const [[own]] = (await model.predict([text], { topK: 5 })) as [[{ token: string; score: number }[]]];
      const theirs = await fill(text, { top_k: 5 });
      assertClose(
        theirs.map(({ score }) => score),
        own.map(({ score }) => score),
        { absolute: 1e-5 },
      );
      assert.deepEqual(
        theirs.map(({ token_str }) => token_str),
        own.map(({ token }) => textOf(token)),
      );
    });
  });

/** What a token is as a text: some of a byte-level BPE are part of a character. */
function textOf(token: string): string {
  const text = token.replace("Ġ", " ");
  return /^[ -~]*$/.test(text) ? text : "\uFFFD";
}

test("without a task: transformers.js gives libbert's sentence vectors, pooled by itself", async () => {
  const folder = alteredModel("tiny-bert", { architectures: ["BertModel"] });
  await withBoth(folder, "feature-extraction", async (model, extract) => {
    const own = (await model.embed(TEXTS)).flatMap((vector) => [...vector]);
    const { data } = await extract(TEXTS, { pooling: "mean", normalize: true });
    assertClose(data as Float32Array, own, { absolute: 1e-4 });
  });
});
