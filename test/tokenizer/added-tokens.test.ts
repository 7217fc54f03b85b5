import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { inPython, withoutPython } from "../support/python.js";
import { drawnTokenizers, PIECES, TEXTS } from "./drawn-tokenizers.js";

type Files = Record<string, unknown>;

function folderOf(t: TestContext, files: Files): string {
  const folder = temporaryFolder(t);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

async function piecesOf(tokenizer: TextTokenizer, text: string): Promise<string> {
  const { inputIds } = await tokenizer.encode(text);
  return Array.from(inputIds.slice(1, -1), (id) => tokenizer.idToToken(id)).join(" ");
}

const vocab = { "vocab.txt": PIECES.join("\n") };
const next = PIECES.length;

test("tokens of added_tokens.json stay whole beside a vocab.txt, and are saved", async (t) => {
  const folder = folderOf(t, {
    ...vocab,
    "added_tokens.json": { newword: next, "[ENT]": next + 1, "[E2]": next + 2 },
    "special_tokens_map.json": { additional_special_tokens: ["[ENT]", "[E2]"] },
  });
  const tokenizer = await TextTokenizer.load(folder);
  assert.equal(tokenizer.vocabSize, next + 3);
  assert.deepEqual(tokenizer.specialTokens.slice(5), ["[ENT]", "[E2]"]);
  const text = "a [ENT]b newword [E2]";
  const saved = temporaryFolder(t);
  await tokenizer.save(saved);
  assert.ok(!existsSync(join(saved, "added_tokens.json"))); // tokenizer.json has them
  for (const one of [tokenizer, await TextTokenizer.load(saved)]) {
    assert.deepEqual([...(await one.encode(text)).inputIds], [2, 5, next + 1, 6, next, next + 2, 3]);
    assert.deepEqual([...(await one.encodeAsText([text]))[0]!], [5, next + 1, 6, next, next + 2]);
  }
});

test("added_tokens_decoder's settings hold: white space beside a token, words, normalized texts", async (t) => {
  const token = { lstrip: false, rstrip: false, single_word: false, normalized: false, special: false };
  const decoder = { [next]: { ...token, content: "NEW", normalized: true, single_word: true } };
  const config = { added_tokens_decoder: decoder };
  const tokenizer = await TextTokenizer.load(folderOf(t, { ...vocab, "tokenizer_config.json": config }));
  assert.equal(
    await piecesOf(tokenizer, "a new New newa"),
    "a NEW NEW [UNK]".replaceAll("NEW", tokenizer.idToToken(next)!),
  );
});

test("an id that the vocabulary does not give a token is refused, in every file", async (t) => {
  const expected = `Expected id ${next} for the added token "\\[ENT\\]" but received ${next + 4}`;
  for (const files of [
    { "added_tokens.json": { "[ENT]": next + 4 } },
    { "tokenizer_config.json": { added_tokens_decoder: { [next + 4]: { content: "[ENT]" } } } },
  ]) {
    await assert.rejects(TextTokenizer.load(folderOf(t, { ...vocab, ...files })), {
      code: "ERR_CHECKPOINT",
      message: new RegExp(`${Object.keys(files)[0]}: ${expected}$`),
    });
  }
});

const ENCODE_IN_PYTHON = `
import json, os, sys
from transformers import AutoTokenizer
for line in sys.stdin:
    folder, texts, options = json.loads(line)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encodings = [tokenizer(*([text] if isinstance(text, str) else text), **options) for text in texts]
    print(json.dumps([[e["input_ids"], e.get("token_type_ids", [0] * len(e["input_ids"]))] for e in encodings]))
`;

test("ids and types equal transformers' for drawn files, and for what libbert saves of them", {
  skip: withoutPython,
}, async (t) => {
  const drawn = drawnTokenizers(40);
  const results: unknown[] = [];
  const inputs: unknown[] = [];
  for (const { files, maxLength, layout } of drawn) {
    const folder = folderOf(t, files);
    const tokenizer = await TextTokenizer.load(folder, layout);
    const encodings = await tokenizer.encodeBatch(TEXTS, { maxLength });
    const result = encodings.map(({ inputIds, tokenTypeIds }) => [[...inputIds], [...tokenTypeIds]]);
    const saved = folderOf(t, { "config.json": files["config.json"] });
    await tokenizer.save(saved);
    const options = maxLength === undefined ? {} : { truncation: true, max_length: maxLength };
    results.push(result, result);
    inputs.push([folder, TEXTS, options], [saved, TEXTS, options]);
  }
  const python = await inPython<unknown>(ENCODE_IN_PYTHON, [], ...inputs);
  for (const [index, result] of results.entries()) {
    assert.deepEqual(result, python[index], JSON.stringify({ ...drawn[index >> 1], layout: undefined }));
  }
});
