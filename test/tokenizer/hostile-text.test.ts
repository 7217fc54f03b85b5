import assert from "node:assert/strict";
import { test } from "node:test";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { processorClock } from "../support/processor-time.js";

const PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "b", "中", "!", "word", "😀"];
const tokenizer = TextTokenizer.fromVocab(PIECES);

async function piecesOf(text: string): Promise<(string | null)[]> {
  const { inputIds } = await tokenizer.encode(text);
  return Array.from(inputIds.slice(1, -1), (id) => tokenizer.idToToken(id));
}

const LONG_TEXTS = {
  "one word": ["a".repeat(100_000), 1],
  "short words": ["word ".repeat(20_000), 20_000],
  "Chinese characters": ["中".repeat(100_000), 100_000],
  punctuation: ["!".repeat(100_000), 100_000],
  "opening brackets": ["[".repeat(100_000), 100_000],
  "white space": [" ".repeat(100_000), 0],
  "combining marks": [`b${"\u0301\u0323".repeat(50_000)}`, 1],
  emoji: ["😀 ".repeat(33_333), 33_333],
} as const;

for (const [kind, [text, tokens]] of Object.entries(LONG_TEXTS)) {
  test(`100,000 characters of ${kind} are tokenized, cut and counted in good time`, async () => {
    const clock = processorClock();
    const { inputIds, truncated } = await tokenizer.encode(text, undefined, { maxLength: 128 });
    const seconds = clock();
    assert.equal(inputIds.length, Math.min(tokens + 2, 128));
    assert.equal(truncated, tokens > 126);
    // A tenth of a second; time that grows with the square of the length would be minutes.
    assert.ok(seconds < 10, `took ${seconds} s`);
  });
}

test("a lone surrogate is passed over, and what follows it keeps its place", async () => {
  const text = "a\ud83d b\udc00 😀 a";
  assert.deepEqual(await piecesOf(text), ["a", "b", "😀", "a"]);
  const { offsets } = await tokenizer.encode(text);
  assert.deepEqual(offsets.slice(1, -1), [
    [0, 1],
    [3, 4],
    [6, 8],
    [9, 10],
  ]);
});

test("NUL and other control characters are passed over", async () => {
  assert.deepEqual(await piecesOf("\0a\0 b\u0007\u0000"), ["a", "b"]);
});

test("offsets are what slice takes, beyond emoji and composed characters too", async () => {
  const text = "😀 a\u0301 😀b 中 á";
  const { offsets } = await tokenizer.encode(text);
  const slices = offsets.slice(1, -1).map(([start, end]) => text.slice(start, end));
  assert.deepEqual(slices, ["😀", "a", "😀b", "中", "á"]);
});
