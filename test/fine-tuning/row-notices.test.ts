import assert from "node:assert/strict";
import { test } from "node:test";
import { rowNotices } from "../../lib/fine-tuning/row-notices.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";

const tokenizer = TextTokenizer.fromVocab(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"]);

async function noticesOf(...texts: string[]): Promise<string[]> {
  const encodings = await tokenizer.encodeBatch(texts);
  return rowNotices({ tokens: () => encodings.map(({ inputIds }) => inputIds) }, tokenizer);
}

test("texts of which the vocabulary lacks more than a tenth are told, special tokens aside", async () => {
  const known = "good film ".repeat(5); // ten words
  assert.deepEqual(await noticesOf(`${known} good x`), []);
  assert.deepEqual(await noticesOf(known, "x y z"), [
    "23 % of the tokens are [UNK]: the model's vocabulary does not fit the texts",
  ]);
  assert.match((await noticesOf("x"))[0]!, /^100 %/);
  assert.deepEqual(await noticesOf(""), []);
});

test("texts that are all the same are told", async () => {
  assert.deepEqual(await noticesOf("good film", "good film", "Good  film"), [
    "all texts are the same to the model",
  ]);
  assert.deepEqual(await noticesOf("good film", "good film", "film"), []);
  assert.deepEqual(await noticesOf("good film"), []);
});
