import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type LearnOptions, learnPieces } from "../../../lib/tokenizer/vocabulary/learn-pieces.js";

interface SmallCase extends LearnOptions {
  words: Record<string, number>;
  pieces: string[];
}

const golden: { small: SmallCase[]; rareCharacters: SmallCase & { sortedPieces: string[] } } = JSON.parse(
  readFileSync("test/golden/data/vocabulary.json", "utf8"),
);

const specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

async function learn(words: Record<string, number>, options: Partial<LearnOptions> = {}): Promise<string[]> {
  const all = { size: 1000, minFrequency: 1, specialTokens, ...options };
  return (await learnPieces(new Map(Object.entries(words)), all)).pieces;
}

test("60 small vocabularies equal those of Hugging Face's trainer, piece by piece", async () => {
  assert.equal(golden.small.length, 60);
  for (const { words, pieces, ...options } of golden.small) {
    assert.deepEqual(await learn(words, options), pieces, JSON.stringify({ words, options }));
  }
});

test("special tokens come first, then the characters in Unicode's order, then those that go on a word", async () => {
  const pieces = await learn({ ba: 3, é: 1, c: 2, "😀a": 1 }, { minFrequency: 4 });
  assert.deepEqual(pieces, [...specialTokens, "a", "b", "c", "é", "😀", "##a"]);
});

test("the most frequent pair becomes a piece, and then the next", async () => {
  const pieces = await learn({ hug: 10, pug: 5, pun: 12, bun: 4, hugs: 5 }, { minFrequency: 6 });
  assert.deepEqual(pieces.slice(specialTokens.length + 7 + 4), ["##ug", "##un", "hug", "pun"]);
});

test("only the 1,000 most frequent characters are kept; a word goes on without the others", async () => {
  const { words, sortedPieces, ...options } = golden.rareCharacters;
  const learned = await learnPieces(new Map(Object.entries(words)), options);
  assert.deepEqual([...learned.pieces].sort(), sortedPieces);
  assert.equal(learned.droppedCharacters, 100);
});

test("the order in which words are counted makes no difference", async () => {
  const { words, pieces, ...options } = golden.small.find((small) => Object.keys(small.words).length > 25)!;
  const reversed = Object.fromEntries(Object.entries(words).reverse());
  assert.deepEqual(await learn(reversed, options), pieces);
});

test("a size below special tokens and characters is refused, and says how many there are", async () => {
  await assert.rejects(learn({ abc: 1 }, { size: 9 }), {
    code: "ERR_OPTION",
    message:
      "Expected at least 10 for size but received 9: 5 special tokens and 5 pieces of one character come before any other",
  });
  assert.equal((await learn({ abc: 1 }, { size: 10 })).length, 10);
});

test("an aborted signal ends it with the signal's reason", async () => {
  const words = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [(i * 7919).toString(36), i]));
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error("enough"));
  await assert.rejects(learn(words, { size: 1e6, signal: controller.signal, onProgress }), {
    message: "enough",
  });
});
