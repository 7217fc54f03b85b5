import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROBERTA_LAYOUT } from "../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { temporaryFolder } from "../runtime/fakes.js";

interface GoldenCase {
  text: string;
  pair?: string;
  maxLength?: number;
  inputIds: number[];
  /** Absent where all are 0. */
  tokenTypeIds?: number[];
  wordIds: (number | null)[];
  offsets: [number, number][];
  decoded?: string;
  /** With `split_special_tokens`, where that makes a difference. */
  asText?: number[];
}

const KINDS = {
  "byte-level-bpe": "BPE",
  "byte-level-bpe-segments": "BPE",
  unigram: "Unigram",
  "unigram-spaces": "Unigram",
} as const;
type Name = keyof typeof KINDS;

const golden: Record<Name, GoldenCase[]> = JSON.parse(
  readFileSync("test/golden/data/tokenizer_kinds.json", "utf8"),
);
const directoryOf = (name: Name) => join("test/golden/data/tokenizers", name);
const names = Object.keys(KINDS) as Name[];

async function assertEqualsGolden(tokenizer: TextTokenizer, name: Name): Promise<void> {
  for (const { text, pair, maxLength, decoded, asText: _, ...expected } of golden[name]) {
    const { inputIds, tokenTypeIds, wordIds, offsets } = await tokenizer.encode(text, pair, { maxLength });
    const received = {
      inputIds: [...inputIds],
      wordIds,
      offsets,
      ...(tokenTypeIds.some((type) => type > 0) && { tokenTypeIds: [...tokenTypeIds] }),
    };
    assert.deepEqual(received, expected, JSON.stringify({ text, pair, maxLength }));
    if (decoded !== undefined) assert.equal(await tokenizer.decode(inputIds), decoded);
  }
}

for (const name of names) {
  test(`${name}: ids, types, words, offsets and decoded texts equal transformers'`, async () => {
    const tokenizer = await TextTokenizer.load(directoryOf(name));
    assert.equal(tokenizer.kind, KINDS[name]);
    assert.ok(golden[name].length > 60, "the golden file has lost cases");
    await assertEqualsGolden(tokenizer, name);
  });

  test(`${name}: what is saved is loaded as the same tokenizer, without a vocab.txt`, async (t) => {
    const folder = temporaryFolder(t);
    await (await TextTokenizer.load(directoryOf(name))).save(folder);
    assert.ok(!existsSync(join(folder, "vocab.txt")));
    await assertEqualsGolden(await TextTokenizer.load(folder), name);
  });

  test(`${name}: encodeBatch gives the ids and types of encodeBatchAligned`, async () => {
    const tokenizer = await TextTokenizer.load(directoryOf(name));
    const inputs = golden[name].map(({ text, pair }) =>
      pair === undefined ? text : ([text, pair] as const),
    );
    const aligned = await tokenizer.encodeBatchAligned(inputs, { maxLength: 9 });
    const batch = await tokenizer.encodeBatch(inputs, { maxLength: 9 });
    for (const [index, { wordIds, offsets, textIds, ...ids }] of aligned.entries()) {
      assert.deepEqual(batch[index], ids);
      assert.equal(wordIds.length, ids.inputIds.length);
      assert.equal(offsets.length, ids.inputIds.length);
      assert.equal(textIds.length, ids.inputIds.length);
    }
  });
}

const alone = (name: Name) => golden[name].filter(({ decoded }) => decoded !== undefined);

for (const name of ["byte-level-bpe", "byte-level-bpe-segments"] as const) {
  test(`${name}: encodeAsText gives the ids of transformers with split_special_tokens`, async () => {
    const tokenizer = await TextTokenizer.load(directoryOf(name));
    const ids = await tokenizer.encodeAsText(alone(name).map(({ text }) => text));
    const expected = alone(name).map(({ asText, inputIds }) => asText ?? inputIds.slice(1, -1));
    assert.deepEqual(
      ids.map((text) => [...text]),
      expected,
    );
    assert.ok(
      alone(name).some(({ asText }) => asText),
      "no text has special tokens",
    );
  });
}

for (const name of ["unigram", "unigram-spaces"] as const) {
  test(`${name}: encodeAsText finds no special token in a text, though it is among the pieces`, async () => {
    const tokenizer = await TextTokenizer.load(directoryOf(name));
    const { clsId, sepId, padId, maskId } = tokenizer;
    const special = [clsId, sepId, padId, maskId];
    for (const { text, inputIds } of alone(name)) {
      const [ids] = await tokenizer.encodeAsText([text]);
      const own = inputIds.slice(1, -1);
      if (!own.some((id) => special.includes(id))) assert.deepEqual([...ids!], own, text);
      else
        assert.deepEqual(
          [...ids!].filter((id) => special.includes(id)),
          [],
          text,
        );
    }
    const [ids] = await tokenizer.encodeAsText(["a<s>s"]);
    const pieces = Array.from(ids!, (id) => tokenizer.idToToken(id));
    assert.deepEqual(pieces, ["▁", "a", "<unk>", "s", "<unk>", "s"]);
  });
}

test("encodeAsText makes no special token of its parts, where a BPE has merges that do", async (t) => {
  const folder = temporaryFolder(t);
  const pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<", "s", ">", "<s"];
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  const model = { type: "BPE", vocab, merges: ["< s", "<s >"], unk_token: "<unk>" };
  const json = { version: "1.0", added_tokens: [], pre_tokenizer: { type: "WhitespaceSplit" }, model };
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(json));
  const tokenizer = await TextTokenizer.load(folder, ROBERTA_LAYOUT);
  assert.deepEqual([...(await tokenizer.encodeAsText(["<s> s?"]))[0]!], [8, 7, 6, 3]);
  assert.deepEqual([...(await tokenizer.encode("<s> s")).inputIds], [0, 0, 6, 2]);
  assert.throws(() => tokenizer.continuesWord(6), {
    code: "ERR_CHECKPOINT",
    message: /pieces that show where words start but received a BPE model without marks/,
  });
});

test("pieces without the mark of a space go on with the word before, special tokens never", async () => {
  for (const [name, texts] of [
    ["byte-level-bpe", "the ships, again <mask>"],
    ["unigram", "the ships, again <mask>"],
  ] as const) {
    const tokenizer = await TextTokenizer.load(directoryOf(name));
    const { inputIds, wordIds, offsets } = await tokenizer.encode(texts);
    for (const [token, id] of inputIds.entries()) {
      const [start] = offsets[token]!;
      const insideWord = wordIds[token] !== null && wordIds[token] === wordIds[token - 1];
      const afterSpace = name === "unigram" ? !insideWord : texts[start - 1] === " ";
      const whole = wordIds[token] === null || id === tokenizer.maskId;
      assert.equal(tokenizer.continuesWord(id), !whole && !afterSpace, `${name} ${tokenizer.idToToken(id)}`);
    }
  }
  const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a"];
  const wordPiece = TextTokenizer.fromVocab(pieces);
  assert.deepEqual(
    pieces.map((_, id) => wordPiece.continuesWord(id)),
    [false, false, false, false, false, false, true],
  );
});

test("special tokens are to be asked for by name whatever they are called", async () => {
  const { padId, unkId, clsId, sepId, maskId, maskToken, vocabSize } = await TextTokenizer.load(
    directoryOf("unigram"),
  );
  assert.deepEqual([clsId, padId, sepId, unkId, maskId], [0, 1, 2, 3, vocabSize - 1]);
  assert.equal(maskToken, "<mask>");
  const bert = await TextTokenizer.load(directoryOf("byte-level-bpe-segments"));
  assert.equal(bert.maskToken, "[MASK]");
  assert.deepEqual(bert.specialTokens, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);
});
