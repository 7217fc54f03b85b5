import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { GoldenTensors, goldenJson } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";
import { MINILM } from "./support.js";

const DATA = "../shared/data";
const XQUAD = join(DATA, "xquad");
const skip = existsSync(MINILM) && existsSync(XQUAD) ? false : `${MINILM} or ${XQUAD} is missing`;

interface Source {
  file: string;
  /** Of a table, row 0 follows the header. */
  rows?: number[];
  /** Of SQuAD's form, counted through all articles. */
  paragraphs?: number[];
}

function textsOf({ file, rows, paragraphs }: Source): string[] {
  const content = readFileSync(join(DATA, file), "utf8");
  if (rows) {
    const lines = content.split("\n").slice(1);
    return rows.map((row) => lines[row]!.split("\t")[0]!);
  }
  const articles: { paragraphs: { context: string }[] }[] = JSON.parse(content).data;
  const contexts = articles.flatMap((article) => article.paragraphs.map(({ context }) => context));
  return paragraphs!.map((number) => contexts[number]!);
}

test("embeddings of MiniLM are those of sentence-transformers, for English, Spanish, Chinese and texts that are cut", {
  skip,
}, async () => {
  const { sources } = goldenJson<{ sources: Source[] }>("minilm_embeddings.json");
  const texts = sources.flatMap(textsOf);
  const expected = new GoldenTensors("minilm_embeddings.safetensors").values("embeddings");
  await using model = await loadModel(MINILM, { dtype: "float32" });
  assert.equal(model.task, "features");
  const embeddings = await model.embed(texts);
  assert.equal(embeddings.length, 46);
  for (const [text, vector] of embeddings.entries())
    assertClose(vector, expected.subarray(384 * text, 384 * (text + 1)), { absolute: 1e-5 }, `text ${text}`);
});
