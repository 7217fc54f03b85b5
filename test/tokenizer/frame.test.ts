import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAlignment, frameTexts } from "../../lib/tokenizer/encoding.js";
import { framed, specialTokenCount, textStart } from "../../lib/tokenizer/frame.js";

const BERT = { open: [101], between: [102], close: [102], segments: true };
const ROBERTA = { open: [0], between: [2, 2], close: [2], segments: false };

test("one text and a pair stand in their frame, with token types where it has segments", () => {
  assert.deepEqual(framed([[7, 8]], BERT), {
    inputIds: Int32Array.of(101, 7, 8, 102),
    tokenTypeIds: Uint8Array.of(0, 0, 0, 0),
  });
  assert.deepEqual(framed([Int32Array.of(7, 8), [9]], BERT), {
    inputIds: Int32Array.of(101, 7, 8, 102, 9, 102),
    tokenTypeIds: Uint8Array.of(0, 0, 0, 0, 1, 1),
  });
  assert.deepEqual(framed([[7, 8], [9]], ROBERTA), {
    inputIds: Int32Array.of(0, 7, 8, 2, 2, 9, 2),
    tokenTypeIds: new Uint8Array(7),
  });
  assert.deepEqual([...framed([[], []], ROBERTA).inputIds], [0, 2, 2, 2]);
});

test("a text starts where its first token stands, and the special tokens are counted", () => {
  for (const frame of [BERT, ROBERTA]) {
    const { inputIds } = framed([[77, 5, 5], [99]], frame);
    assert.equal(textStart(frame, [3, 1], 0), inputIds.indexOf(77));
    assert.equal(textStart(frame, [3, 1], 1), inputIds.indexOf(99));
    assert.equal(specialTokenCount(frame, 2), inputIds.length - 4);
    assert.equal(specialTokenCount(frame, 1), framed([[5]], frame).inputIds.length - 1);
  }
});

test("truncation and alignment leave room for the whole frame", () => {
  const ids = [
    [5, 6, 7],
    [8, 9],
  ];
  const alignments = ids.map((text) => ({
    wordIds: text.map((_, word) => word),
    offsets: text.map((id): [number, number] => [id, id + 1]),
  }));
  const limit = { maxLength: 7, side: "right" } as const;
  const encoding = frameTexts(ids, ROBERTA, limit);
  assert.deepEqual([...encoding.inputIds], [0, 5, 6, 2, 2, 8, 2]);
  assert.equal(encoding.truncated, true);
  const left = frameTexts(ids, ROBERTA, { maxLength: 7, side: "left" });
  assert.deepEqual([...left.inputIds], [0, 6, 7, 2, 2, 9, 2]);
  assert.deepEqual(frameAlignment(alignments, ROBERTA, limit), {
    textIds: [0, 0, 0, 0, 0, 1, 1],
    wordIds: [null, 0, 1, null, null, 0, null],
    offsets: [
      [0, 0],
      [5, 6],
      [6, 7],
      [0, 0],
      [0, 0],
      [8, 9],
      [0, 0],
    ],
  });
});
