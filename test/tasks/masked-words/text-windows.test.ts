import assert from "node:assert/strict";
import { test } from "node:test";
import { chunked } from "../../../lib/arrays.js";
import { readTextWindows } from "../../../lib/tasks/masked-words/text-windows.js";
import { ROBERTA_LAYOUT } from "../../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { goldenPath } from "../../support/golden.js";

const tokenizer = await TextTokenizer.load(goldenPath("tiny-bert"));

async function windowsOf(texts: readonly string[], maxSeqLength: number, own = tokenizer) {
  const located = texts.map((text, index) => ({ text, location: `text ${index}` }));
  return readTextWindows(chunked(located, { size: 100 }), own, { maxSeqLength, name: "train" });
}

test("windows of a text, one after the other, are the text: nothing is lost, nothing is there twice", async () => {
  const words = "the film was so good that it is not a story".split(" ");
  const texts = Array.from({ length: 300 }, (_, length) =>
    Array.from({ length }, (_, index) => words[(index * index + length) % words.length]!).join(" "),
  );
  for (const maxSeqLength of [3, 8, 64]) {
    const { windows } = await windowsOf(texts, maxSeqLength);
    const contents = windows.map(({ inputIds, tokenTypeIds }) => {
      assert.ok(inputIds.length >= 3 && inputIds.length <= maxSeqLength);
      assert.deepEqual([inputIds[0], inputIds.at(-1)], [tokenizer.clsId, tokenizer.sepId]);
      assert.deepEqual(tokenTypeIds, new Uint8Array(inputIds.length));
      return [...inputIds.subarray(1, -1)];
    });
    const whole = await tokenizer.encodeBatch(texts);
    assert.deepEqual(
      contents.flat(),
      whole.flatMap(({ inputIds }) => [...inputIds.subarray(1, -1)]),
    );
  }
});

test("a text has as few windows as can be, equally long", async () => {
  const lengthsOf = async (tokens: number) =>
    (await windowsOf([" good".repeat(tokens)], 12)).windows.map(({ inputIds }) => inputIds.length - 2);
  assert.deepEqual(await lengthsOf(10), [10]);
  assert.deepEqual(await lengthsOf(11), [5, 6]);
  assert.deepEqual(await lengthsOf(20), [10, 10]);
  assert.deepEqual(await lengthsOf(23), [7, 8, 8]);
});

test("texts that were cut and texts without a token are counted", async () => {
  const { windows, locations, ...counts } = await windowsOf(
    ["good", "", " \t", "the film was so very good"],
    6,
  );
  assert.deepEqual(counts, { texts: 4, cutTexts: 1, emptyTexts: 2 });
  assert.equal(windows.length, 3);
  assert.deepEqual(locations, ["text 0", "text 3", "text 3"]);
});

test("no text with a token in it is an error", async () => {
  await assert.rejects(windowsOf(["", " "], 8), {
    code: "ERR_DATA",
    message: "train: Expected at least one text with a word in it but received 2 empty ones",
  });
});

test("a text that says [SEP] or [MASK] says it in brackets: its window has one of the former and none of the latter", async () => {
  const { windows } = await windowsOf(["good [MASK] film [SEP] so good"], 64);
  const ids = [...windows[0]!.inputIds];
  assert.ok(!ids.includes(tokenizer.maskId));
  assert.equal(ids.indexOf(tokenizer.sepId), ids.length - 1);
});

test("windows have the special tokens of their tokenizer around them, and no second segment", async () => {
  const roberta = await TextTokenizer.load(goldenPath("families/tiny-roberta"), ROBERTA_LAYOUT);
  const text = "the film was so good that it is not a story <mask> </s>";
  const { windows } = await windowsOf([text], 8, roberta);
  const tokens = windows.flatMap(({ inputIds, tokenTypeIds }) => {
    assert.ok(inputIds.length <= 8);
    assert.deepEqual([inputIds[0], inputIds.at(-1)], [roberta.clsId, roberta.sepId]);
    assert.deepEqual(tokenTypeIds, new Uint8Array(inputIds.length));
    return [...inputIds.subarray(1, -1)];
  });
  const [whole] = await roberta.encodeAsText([text]);
  assert.deepEqual(tokens, [...whole!]);
  assert.ok(
    !tokens.includes(roberta.maskId) && !tokens.includes(roberta.sepId),
    "they are words in brackets",
  );
});

test("reading stops when it is aborted", async () => {
  const texts = chunked([{ text: "good", location: "text 0" }], { size: 1 });
  const signal = AbortSignal.abort();
  await assert.rejects(readTextWindows(texts, tokenizer, { maxSeqLength: 8, signal }), {
    name: "AbortError",
  });
});
