import assert from "node:assert/strict";
import { test } from "node:test";
import { readClassificationExamples } from "../../../lib/tasks/classification/rows.js";
import { encodeExamples } from "../../../lib/tasks/texts/encoded-examples.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";

const tokenizer = TextTokenizer.fromVocab(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"]);

test("rows keep their order over several batches, with label and location", async () => {
  const rows = Array.from({ length: 2500 }, (_, row) => ({ text: row % 3 ? "a" : "b a", label: row % 2 }));
  const encoded = await encodeExamples(readClassificationExamples(rows), tokenizer, { maxLength: 16 });
  for (const row of [0, 1, 1023, 1024, 1026, 2499]) {
    assert.deepEqual([...encoded.encodings[row]!.inputIds], row % 3 ? [2, 5, 3] : [2, 6, 5, 3]);
    assert.equal(encoded.labels[row], String(row % 2));
    assert.equal(encoded.locations[row], `row ${row + 1}`);
  }
  assert.equal(encoded.encodings.length, 2500);
});

test("empty and white texts stay in as special tokens alone, and are counted, as are texts that were cut", async () => {
  const texts = ["", " \t\n", "\u200b\u0000", "a", "a ".repeat(20), "a ".repeat(6), "a ".repeat(7)];
  const rows = texts.map((text) => ({ text, label: "x" }));
  const encoded = await encodeExamples(readClassificationExamples(rows), tokenizer, { maxLength: 8 });
  assert.equal(encoded.emptyTexts, 3);
  assert.equal(encoded.truncatedTexts, 2);
  for (const row of [0, 1, 2]) assert.deepEqual([...encoded.encodings[row]!.inputIds], [2, 3]);
});

test("a pair is empty when both its texts are", async () => {
  const rows = [
    { text: "", textPair: "", label: "x" },
    { text: "", textPair: "a", label: "x" },
  ];
  const encoded = await encodeExamples(readClassificationExamples(rows), tokenizer, { maxLength: 8 });
  assert.equal(encoded.emptyTexts, 1);
  assert.deepEqual([...encoded.encodings[1]!.inputIds], [2, 3, 5, 3]);
  assert.deepEqual([...encoded.encodings[1]!.tokenTypeIds], [0, 0, 1, 1]);
});
