import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type FineTuneOptions, fineTune, loadModel } from "../../lib/index.js";
import { goldenPath } from "../support/golden.js";
import { checkSaved, inPython, type SavedModel, withoutPython } from "../support/python.js";
import { withoutSentenceTransformers } from "../support/sentence-transformers.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { modelOfVectors } from "./rankings.js";
import { rowsOf, TINY, tinyRun } from "./support.js";

const train = rowsOf(16);
const texts = rowsOf(8, 1001).map(({ text }) => text);

const OF_CLASSIFIERS = {
  "few-rows": { method: "contrastive", pairsPerRow: 2 },
  "student-of-tiny-bert": { teacher: TINY, layers: 1, train: train.map(({ text }) => ({ text })) },
  "student-of-distilbert": {
    model: goldenPath("families/tiny-distilbert"),
    method: "contrastive",
    pairsPerRow: 2,
    layers: 1,
  },
};

test("transformers gives the probabilities of classifiers of few rows, and of a teacher's students with fewer layers", {
  skip: withoutPython,
}, async () => {
  const folder = temporaryDirectory();
  const saved = Object.keys(OF_CLASSIFIERS).map((name) => join(folder, name));
  for (const [index, options] of Object.values(OF_CLASSIFIERS).entries()) {
    const run = { ...tinyRun, train, ...options, outputDir: saved[index]! };
    await (await fineTune(run as FineTuneOptions)).dispose();
  }
  const found = await checkSaved<SavedModel["outputs"][number]>(saved.map((path) => [path, texts]));
  for (const [index, { name, outputs, labels, missing, unexpected, mismatched }] of found.entries()) {
    assert.equal(name, `${index === 2 ? "DistilBert" : "Bert"}ForSequenceClassification`);
    assert.deepEqual([missing, unexpected, mismatched], [[], [], []]);
    await using model = await loadModel(saved[index]!, { task: "classification", dtype: "float32" });
    assert.deepEqual(labels, model.labels);
    const predictions = await model.predict(texts);
    assertClose(
      predictions.flatMap(({ scores }) => Object.values(scores)),
      outputs.flatMap(({ logits }) => probabilitiesOf(logits)),
      { absolute: 1e-5 },
    );
  }
});

function probabilitiesOf(logits: number[]): number[] {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / sum);
}

const VECTORS = `
import json, sys
from sentence_transformers import SentenceTransformer
texts = json.loads(sys.stdin.readline())
print(json.dumps(SentenceTransformer(sys.argv[1], device="cpu").encode(texts).tolist()))
`;

test("sentence-transformers makes the vectors of a student", {
  skip: withoutSentenceTransformers,
}, async () => {
  const outputDir = join(temporaryDirectory(), "student");
  const model = modelOfVectors();
  const run = { ...tinyRun, task: "embedding", model, teacher: model, layers: 1, train, outputDir } as const;
  await (await fineTune(run)).dispose();
  await using student = await loadModel(outputDir, { task: "features", dtype: "float32" });
  const [theirs] = await inPython<number[][]>(VECTORS, [outputDir], texts);
  for (const [index, vector] of (await student.embed(texts)).entries())
    assertClose(vector, theirs![index]!, { absolute: 1e-5 });
});
