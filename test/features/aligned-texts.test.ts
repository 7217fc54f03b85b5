import assert from "node:assert/strict";
import { test } from "node:test";
import { alignedWithGiven } from "../../lib/features/aligned-texts.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";

const PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "find", ":", "i̇stanbul", "film", "a"];
const tokenizer = TextTokenizer.fromVocab(PIECES, { lowercase: false });

test("tokens stand where they do in the texts that were given, and those of a prompt are of no word", async () => {
  const texts = ["İstanbul FILM", "a FILM"] as const;
  const { offsets, wordIds, textIds, inputIds } = await alignedWithGiven(
    tokenizer,
    texts,
    { prompt: "Find: ", lowercase: true },
    64,
  );
  const tokens = Array.from(inputIds, (id, index) => {
    const [start, end] = offsets[index]!;
    return [tokenizer.idToToken(id), wordIds[index] === null, texts[textIds[index]!]!.slice(start, end)];
  });
  assert.deepEqual(tokens, [
    ["[CLS]", true, ""],
    ["find", true, ""],
    [":", true, ""],
    ["i̇stanbul", false, "İstanbul"],
    ["film", false, "FILM"],
    ["[SEP]", true, ""],
    ["a", false, "a"],
    ["film", false, "FILM"],
    ["[SEP]", true, ""],
  ]);
});

test("where nothing is lowered, or the tokenizer does it, places are as the tokenizer has them", async () => {
  const { offsets } = await alignedWithGiven(tokenizer, "İ film", { prompt: "", lowercase: false }, 64);
  assert.deepEqual(offsets.slice(1, -1), [
    [0, 1],
    [2, 6],
  ]);
});
