import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune, loadModel } from "../../lib/index.js";
import { goldenJson, goldenPath } from "../support/golden.js";
import { inPython } from "../support/python.js";
import { withoutSentenceTransformers } from "../support/sentence-transformers.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { failureOf, rowsOf } from "./support.js";

const { texts } = goldenJson<{ texts: string[] }>("sentence/texts.json");
const ENCODER = goldenPath("sentence/encoder");
const load = (folder: string) => loadModel(folder, { dtype: "float32" });

/** A new folder with a model without files of sentence-transformers, saved with some. */
async function saved(options: Parameters<Awaited<ReturnType<typeof load>>["save"]>[1]): Promise<string> {
  await using model = await load(ENCODER);
  const folder = join(temporaryDirectory(), "saved");
  await model.save(folder, options);
  return folder;
}

test("a plain encoder that is saved with the mean as its pooling has the vectors that it had", async () => {
  await using plain = await load(ENCODER);
  await using again = await load(await saved({ pooling: "mean" }));
  for (const [text, vector] of (await again.embed(texts)).entries())
    assertClose(vector, (await plain.embed(texts))[text]!, { absolute: 1e-6 });
});

test("pooling and length are those that save() was told", async () => {
  const folder = await saved({ pooling: "cls", normalize: false });
  await using model = await load(folder);
  const first = await model.features(texts, { pooling: "cls" });
  for (const [text, vector] of (await model.embed(texts)).entries())
    assertClose(vector, first[text]!.values, { absolute: 1e-6 });
  const modules = JSON.parse(readFileSync(join(folder, "modules.json"), "utf8")) as { type: string }[];
  assert.deepEqual(
    modules.map(({ type }) => type.split(".").at(-1)),
    ["Transformer", "Pooling"],
  );
});

test("save() says no other pooling than the model's files, and no length without a pooling", async () => {
  const folder = temporaryDirectory();
  for (const part of ["encoder", "dense"])
    cpSync(goldenPath(`sentence/${part}`), folder, { recursive: true });
  await using model = await load(folder);
  const refusal = async (options: object) =>
    (await failureOf(model.save(join(temporaryDirectory(), "saved"), options))).message;
  assert.equal(
    await refusal({ pooling: "cls" }),
    'Expected no value, as the model\'s modules.json says how vectors are made, for pooling but received "cls"',
  );
  assert.equal(
    await refusal({ normalize: true }),
    "Expected no value without pooling for normalize but received true",
  );
  assert.match(
    await refusal({ pooling: "median" }),
    /^Expected "cls" or "max" or .* for pooling but received "median"$/,
  );
});

const IN_PYTHON = `
import json, sys
from sentence_transformers import SentenceTransformer
texts = json.loads(sys.stdin.readline())
for folder in sys.argv[1:]:
    print(json.dumps(SentenceTransformer(folder, device="cpu").encode(texts).tolist()))
`;

test("sentence-transformers makes the same vectors of what is saved: with a pooling, as it was, and fine-tuned", {
  skip: withoutSentenceTransformers,
}, async () => {
  const folders = [
    await saved({ pooling: "mean" }),
    await saved({ pooling: "weightedmean", normalize: false }),
    join(temporaryDirectory(), "dense"),
    join(temporaryDirectory(), "tuned"),
  ];
  const source = temporaryDirectory();
  for (const part of ["encoder", "dense"])
    cpSync(goldenPath(`sentence/${part}`), source, { recursive: true });
  await using dense = await load(source);
  await dense.save(folders[2]!);
  const run = { model: source, train: rowsOf(16), epochs: 1, maxSeqLength: 32, dtype: "float32" } as const;
  await using tuned = await fineTune({ task: "classification", ...run, outputDir: folders[3]! });
  assert.equal(tuned.task, "classification");

  const theirs = await inPython<number[][]>(IN_PYTHON, folders, texts);
  for (const [index, folder] of folders.entries()) {
    await using model = await load(folder);
    for (const [text, vector] of (await model.embed(texts)).entries())
      assertClose(
        vector,
        theirs[index]![text]!,
        { absolute: 1e-5, relative: 1e-5 },
        `${folder}, text ${text}`,
      );
  }
});
