import assert from "node:assert/strict";
import { test } from "node:test";
import { unknownNotice } from "../../lib/fine-tuning/unknown-tokens.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";

const tokenizer = TextTokenizer.fromVocab(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"]);

async function noticeOf(...texts: string[]): Promise<string | null> {
  const encodings = await tokenizer.encodeBatch(texts);
  return unknownNotice({ tokens: () => encodings.map(({ inputIds }) => inputIds) }, tokenizer);
}

test("texts of which the vocabulary lacks more than a tenth are told, special tokens aside", async () => {
  const known = "good film ".repeat(5); // ten words
  assert.equal(await noticeOf(`${known} good x`), null);
  assert.equal(
    await noticeOf(known, "x y z"),
    "23 % of the tokens are [UNK]: the model's vocabulary does not fit the texts",
  );
  assert.match((await noticeOf("x"))!, /^100 %/);
  assert.equal(await noticeOf(""), null);
});
