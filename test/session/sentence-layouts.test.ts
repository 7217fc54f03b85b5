import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { type EncoderModel, loadModel } from "../../lib/index.js";
import { GoldenTensors, goldenJson, goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { failureOf } from "./support.js";

const LAYOUTS = [
  ...["mean-normalize", "cls", "max-last", "sqrt-weighted", "dense", "residual-norm"],
  ...["prompts", "prompt-left-out", "old"],
];
const { texts } = goldenJson<{ texts: string[] }>("sentence/texts.json");
const golden = new GoldenTensors("sentence/vectors.safetensors");

// Float32 in another order of additions; values reach 10.
const TOLERANCE = { absolute: 1e-5, relative: 1e-5 };

const models = new Map<string, EncoderModel>();
after(async () => {
  for (const model of models.values()) await model.dispose();
});

/** The golden encoder with the files of one layout over its own. */
function folderOf(layout: string): string {
  const folder = temporaryDirectory();
  for (const part of ["encoder", layout]) cpSync(goldenPath(`sentence/${part}`), folder, { recursive: true });
  return folder;
}

async function modelOf(layout: string): Promise<EncoderModel> {
  const model =
    models.get(layout) ?? (await loadModel(folderOf(layout), { task: "features", dtype: "float32" }));
  models.set(layout, model);
  return model;
}

function assertVectors(vectors: readonly Float32Array[], name: string): void {
  const expected = golden.values(name);
  const width = expected.length / vectors.length;
  for (const [text, vector] of vectors.entries())
    assertClose(vector, expected.slice(text * width, (text + 1) * width), TOLERANCE, `${name}, text ${text}`);
}

for (const layout of LAYOUTS) {
  test(`${layout}: vectors of texts, queries and documents are those of sentence-transformers`, async () => {
    const model = await modelOf(layout);
    assertVectors(await model.embed(texts), `${layout}.plain`);
    assertVectors(await model.encodeQuery(texts), `${layout}.query`);
    assertVectors(await model.encodeDocument(texts), `${layout}.document`);
    assertVectors(await model.embed(texts, { prompt: "who saw it? " }), `${layout}.prompt`);
  });

  test(`${layout}: vectors are cut before they are made of length 1, and compared by the model's function`, async () => {
    const model = await modelOf(layout);
    assertVectors(await model.embed(texts, { truncateDim: 5, normalize: true }), `${layout}.short`);
    await assert.rejects(model.embed(texts, { truncateDim: 9999 }), {
      code: "ERR_OPTION",
      message: /^Expected at most \d+, the length of the model's vectors, for truncateDim but received 9999$/,
    });
    const vectors = await model.embed(texts);
    const rows = await model.similarity(vectors.slice(0, 3), vectors);
    assertVectors(rows, `${layout}.similarity`);
  });
}

test("a prompt's name gives what the prompt itself gives, in every call", async () => {
  const model = await modelOf("prompts");
  const named = await model.embed(texts, { promptName: "query" });
  assertVectors(named, "prompts.query");
  assert.deepEqual(await model.encodeDocument(texts, { promptName: "query" }), named);
  assert.deepEqual(await model.encodeDocument(texts, { prompt: "the story: " }), named);
  assert.deepEqual(await model.embed(texts, { promptName: "passage" }), await model.embed(texts));
  assert.notDeepEqual(await model.embed(texts, { prompt: "" }), await model.embed(texts));
});

test("a prompt that the model does not have, or two at once, is refused with the names that it has", async () => {
  const prompted = await modelOf("prompts");
  const failure = await failureOf(prompted.embed(texts, { promptName: "toString" }));
  assert.equal(failure.code, "ERR_OPTION");
  assert.equal(
    failure.message,
    'Expected one of the model\'s prompts, "query", "document", "passage", for promptName but received "toString"',
  );
  const both = await failureOf(prompted.embed(texts, { prompt: "a: ", promptName: "query" }));
  assert.equal(both.message, 'Expected no value beside prompt for promptName but received "query"');
  await using plain = await loadModel(goldenPath("sentence/encoder"), { task: "features" });
  assert.equal((await failureOf(plain.embed(texts, { promptName: "passage" }))).code, "ERR_OPTION");
  assert.deepEqual(await plain.encodeQuery(texts), await plain.embed(texts));
});

test("similarity takes any vectors of one length, and names the first that is none", async () => {
  const model = await modelOf("cls");
  const rows = await model.similarity(
    [
      [1, 0],
      [0, 0],
    ],
    [Float32Array.of(2, 0), [0, 3], [-1, 0]],
  );
  assert.deepEqual(
    rows.map((row) => [...row]),
    [
      [1, 0, -1],
      [0, 0, 0],
    ],
  );
  assert.deepEqual(await model.similarity([], [[1]]), []);
  assert.deepEqual(await model.similarity([[1]], []), [new Float32Array()]);
  for (const [a, b, message] of [
    [[[1]], [[1, 2]], "Expected a vector of 1 numbers, as the first has, for b.0 but received 2"],
    [[[1]], "b", 'Expected an array of vectors for b but received "b"'],
    [
      [["1"]],
      [],
      "Expected a Float32Array or an array of numbers for a.0 but received an array of 1 element",
    ],
  ] as const)
    assert.equal((await failureOf(model.similarity(a as never, b as never))).message, message);
});

test("the vectors of a model that is saved again are the same", async () => {
  for (const layout of ["residual-norm", "prompts"]) {
    const model = await modelOf(layout);
    const copy = join(temporaryDirectory(), layout);
    await model.save(copy);
    await using again = await loadModel(copy, { task: "features", dtype: "float32" });
    assert.deepEqual(await again.encodeQuery(texts), await model.encodeQuery(texts));
  }
});
