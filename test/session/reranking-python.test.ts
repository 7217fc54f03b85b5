import "../support/one-thread.js";

import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune, loadModel } from "../../lib/index.js";
import { goldenJson, goldenPath } from "../support/golden.js";
import { inPython } from "../support/python.js";
import { withoutSentenceTransformers } from "../support/sentence-transformers.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { modelOfVectors, pairsOf } from "./rankings.js";
import { tinyRun } from "./support.js";

const IN_PYTHON = `
import json, sys
from sentence_transformers import CrossEncoder
pairs = json.loads(sys.stdin.readline())
for folder in sys.argv[1:]:
    print(json.dumps(CrossEncoder(folder, device="cpu").predict(pairs).tolist()))
`;

/** The golden cross-encoder as a version of sentence-transformers saved it. */
function crossEncoder(name: string): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath("cross-encoder"), folder, { recursive: true });
  const { cases } = goldenJson<{ cases: Record<string, { files: Record<string, object> }> }>(
    "cross-encoder/cases.json",
  );
  for (const [file, json] of Object.entries(cases[name]!.files))
    writeFileSync(join(folder, file), JSON.stringify(json));
  const texts = { ...cases[name]!.files["sentence_bert_config.json"], max_seq_length: 60 };
  writeFileSync(join(folder, "sentence_bert_config.json"), JSON.stringify(texts));
  return folder;
}

test("sentence-transformers loads what is saved as a CrossEncoder, and predicts the same scores: from encoders, models of vectors, and cross-encoders with a prompt or another activation", {
  skip: withoutSentenceTransformers,
}, async () => {
  const models = [tinyRun.model, modelOfVectors(), crossEncoder("prompted"), crossEncoder("version-6")];
  const long = "the story of the film was good and the cast was bad to watch ".repeat(3);
  const pairs = [
    ...pairsOf(6).map(({ query, document }) => [query, document] as const),
    ["the film", long] as const,
  ];
  const folders: string[] = [];
  const ours: number[][] = [];
  for (const model of models) {
    const outputDir = join(temporaryDirectory(), "saved");
    const run = { ...tinyRun, task: "reranking", model, train: pairsOf(32), outputDir } as const;
    await using trained = await fineTune(run);
    const scores = (await trained.predict(pairs)).map(({ score }) => score);
    await using loaded = await loadModel(outputDir, { task: "reranking", dtype: "float32" });
    assertClose(
      (await loaded.score(pairs)).map(({ score }) => score),
      scores,
      { absolute: 1e-6 },
      model,
    );
    ours.push(scores);
    folders.push(outputDir);
  }
  const theirs = await inPython<number[]>(IN_PYTHON, folders, pairs);
  for (const [index, scores] of theirs.entries())
    assertClose(ours[index]!, scores, { absolute: 1e-5 }, models[index]);
});
