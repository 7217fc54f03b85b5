import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { temporaryFolder } from "../runtime/fakes.js";

const PIECES = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "[USER]",
  "NEW",
  "[",
  "]",
  "mask",
  "user",
  "sep",
  "new",
  "a",
];
const TEXT = "a [MASK][SEP] [USER]a NEWa";

async function piecesOf(tokenizer: TextTokenizer, text = TEXT): Promise<string> {
  const { inputIds } = await tokenizer.encode(text);
  return Array.from(inputIds.slice(1, -1), (id) => tokenizer.idToToken(id)).join(" ");
}

async function piecesAsText(tokenizer: TextTokenizer, text = TEXT): Promise<string> {
  const [ids] = await tokenizer.encodeAsText([text]);
  return Array.from(ids!, (id) => tokenizer.idToToken(id)).join(" ");
}

test("encode takes BERT's special tokens in a text for what they are, encodeAsText for words in brackets", async () => {
  const tokenizer = TextTokenizer.fromVocab(PIECES);
  assert.equal(await piecesOf(tokenizer), "a [MASK] [SEP] [ user ] a [UNK]");
  assert.equal(await piecesAsText(tokenizer), "a [ mask ] [ sep ] [ user ] a [UNK]");
  assert.deepEqual(await tokenizer.encodeAsText([]), []);
  assert.deepEqual(await tokenizer.encodeAsText(["", "[CLS]"]), [
    new Int32Array(0),
    Int32Array.of(7, 1, 8), // "cls" is no piece
  ]);
});

test("special tokens beside BERT's stay whole either way, as they are spelled", async () => {
  const tokenizer = TextTokenizer.fromVocab(PIECES, { specialTokens: ["[PAD]", "[USER]", "NEW"] });
  assert.deepEqual(tokenizer.specialTokens, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[USER]", "NEW"]);
  assert.equal(await piecesOf(tokenizer), "a [MASK] [SEP] [USER] a NEW a");
  assert.equal(await piecesAsText(tokenizer), "a [ mask ] [ sep ] [USER] a NEW a");
  assert.equal(await piecesOf(tokenizer, "[user] new"), "[ user ] new");
  assert.equal(await tokenizer.decode([13, 5, 13]), "a a"); // as transformers leaves them out
});

test("they are saved, also for a directory of which vocab.txt and tokenizer_config.json are left", async (t) => {
  const folder = temporaryFolder(t);
  await TextTokenizer.fromVocab(PIECES, { specialTokens: ["[USER]", "NEW"] }).save(folder);
  const { added_tokens } = JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8"));
  assert.deepEqual(
    added_tokens.map(({ id, content, special }: Record<string, unknown>) => [id, content, special]),
    PIECES.slice(0, 7).map((content, id) => [id, content, true]),
  );
  const wanted = "a [MASK] [SEP] [USER] a NEW a";
  assert.equal(await piecesOf(await TextTokenizer.load(folder)), wanted);
  rmSync(join(folder, "tokenizer.json"));
  assert.equal(await piecesOf(await TextTokenizer.load(folder)), wanted);
});

test("tokenizer_config.json names them as any transformers does; one without a piece gets an id of its own", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "vocab.txt"), PIECES.join("\n"));
  for (const config of [
    { additional_special_tokens: ["[USER]", "NEW", "[ELSEWHERE]"] },
    { extra_special_tokens: [{ content: "[USER]", lstrip: false }, "NEW"] },
  ]) {
    writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(config));
    const tokenizer = await TextTokenizer.load(folder);
    assert.equal(await piecesOf(tokenizer), "a [MASK] [SEP] [USER] a NEW a");
    const elsewhere = "additional_special_tokens" in config ? PIECES.length : null;
    assert.equal(tokenizer.tokenToId("[ELSEWHERE]"), elsewhere);
  }
  writeFileSync(join(folder, "tokenizer_config.json"), '{"extra_special_tokens":{"image_token":"NEW"}}');
  assert.equal(await piecesOf(await TextTokenizer.load(folder)), "a [MASK] [SEP] [ user ] a NEW a");
});

test("special tokens that a tokenizer.json has as added tokens alone keep their ids in encodeAsText", async (t) => {
  const folder = temporaryFolder(t);
  await TextTokenizer.fromVocab(PIECES, { specialTokens: ["[USER]", "NEW"] }).save(folder);
  const path = join(folder, "tokenizer.json");
  const json = JSON.parse(readFileSync(path, "utf8"));
  const words = ["[UNK]", "[", "]", "mask", "user", "sep", "new", "a"];
  json.model.vocab = Object.fromEntries(words.map((piece, id) => [piece, id]));
  const added = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", "[USER]", "NEW"];
  json.added_tokens = added.map((content, index) => {
    return { ...json.added_tokens[0], content, id: index === 0 ? 0 : words.length - 1 + index };
  });
  writeFileSync(path, JSON.stringify(json));
  rmSync(join(folder, "tokenizer_config.json"));
  const tokenizer = await TextTokenizer.load(folder);
  assert.equal(tokenizer.vocabSize, 14);
  assert.equal(await piecesOf(tokenizer), "a [MASK] [SEP] [USER] a NEW a");
  assert.equal(await piecesAsText(tokenizer), "a [ mask ] [ sep ] [USER] a NEW a");
});
