import assert from "node:assert/strict";
import { test } from "node:test";
import { chunked } from "../../../lib/arrays.js";
import { maskedWordsBatch, maskingFor } from "../../../lib/tasks/masked-words/masked-batch.js";
import { readTextWindows, type TextWindow } from "../../../lib/tasks/masked-words/text-windows.js";
import { ROBERTA_LAYOUT } from "../../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { goldenPath } from "../../support/golden.js";
import { sequencesOf } from "../../support/masked-sequences.js";

const MAX_SEQ_LENGTH = 24;
const tokenizer = await TextTokenizer.load(goldenPath("tiny-bert"));

/** Windows of texts of 1 to 100 words, of which every third is cut into pieces. */
async function makeWindows(own: TextTokenizer): Promise<TextWindow[]> {
  const words = ["film", "quickly", "good", "warm", "slowest", "the", "never", "boredom", "love"];
  const texts = Array.from({ length: 150 }, (_, text) =>
    Array.from(
      { length: 1 + ((text * 37) % 100) },
      (_, index) => words[(index * index + text) % words.length],
    ).join(" "),
  );
  const located = texts.map((text, index) => ({ text, location: `text ${index}` }));
  const arrays = chunked(located, { size: 100 });
  return (await readTextWindows(arrays, own, { maxSeqLength: MAX_SEQ_LENGTH })).windows;
}

const windows = await makeWindows(tokenizer);
const items = [...windows.keys()];

for (const wholeWord of [false, true]) {
  const masking = maskingFor(tokenizer, { maxSeqLength: MAX_SEQ_LENGTH, wholeWord });
  const batchOf = (some: readonly number[], source: { seed: number; epoch: number }) =>
    maskedWordsBatch(windows, some, masking, { ...source, numbers: some });
  const named = wholeWord ? "whole words" : "single tokens";

  test(`${named}: 15 % of every window are predicted, each window and split of 80/10/10 as it should be`, () => {
    const kinds = { mask: 0, random: 0, keep: 0 };
    let predictions = 0;
    for (let epoch = 0; epoch < 100; epoch++) {
      let item = 0;
      for (const { masked, original, positions } of sequencesOf(batchOf(items, { seed: 1, epoch }))) {
        assert.deepEqual(original, windows[item++]!.inputIds, "labels are the words that were there");
        const tokens = original.length - 2;
        const wanted = Math.min(4, Math.max(1, Math.round(0.15 * tokens)));
        if (!wholeWord) assert.equal(positions.length, wanted);
        for (const position of positions) {
          assert.ok(position > 0 && position <= tokens, "special tokens are not predicted");
          if (masked[position] === tokenizer.maskId) kinds.mask++;
          else if (masked[position] === original[position]) kinds.keep++;
          else kinds.random++;
        }
        predictions += positions.length;
      }
      assert.equal(item, windows.length);
    }
    // 120,000 draws; a random token is the same by chance once in 114.
    const shares = { mask: 0.8, random: 0.1 * (113 / 114), keep: 0.1 + 0.1 / 114 };
    for (const [kind, share] of Object.entries(shares)) {
      const seen = kinds[kind as keyof typeof kinds] / predictions;
      assert.ok(Math.abs(seen - share) < 0.005, `${kind}: ${seen} of ${predictions}`);
    }
  });

  test(`${named}: masks are a function of seed, epoch and window, whatever the batch and its order`, () => {
    const source = { seed: 5, epoch: 3 };
    const whole = [...sequencesOf(batchOf(items, source))];
    const backwards = [...sequencesOf(batchOf(items.toReversed(), source))].reverse();
    assert.deepEqual(backwards, whole);
    assert.deepEqual([...sequencesOf(batchOf([217], source))], [whole[217]]);

    for (const other of [
      { seed: 6, epoch: 3 },
      { seed: 5, epoch: 4 },
    ]) {
      const masks = [...sequencesOf(batchOf(items, other))];
      const same = masks.filter(({ positions }, item) => `${positions}` === `${whole[item]!.positions}`);
      assert.ok(same.length < 0.2 * items.length, `${same.length} windows have the same masks again`);
    }
  });
}

const families = [
  { name: "BERT", own: tokenizer, continues: (piece: string) => piece.startsWith("##") },
  {
    name: "RoBERTa",
    own: await TextTokenizer.load(goldenPath("families/tiny-roberta"), ROBERTA_LAYOUT),
    continues: (piece: string) => !piece.startsWith("Ġ"),
  },
];

for (const { name, own, continues } of families) {
  test(`with whole words, all pieces of a word of ${name} are predicted or none, and no special token`, async () => {
    const some = await makeWindows(own);
    const all = [...some.keys()];
    const masking = maskingFor(own, { maxSeqLength: MAX_SEQ_LENGTH, wholeWord: true });
    let long = 0; // words of several pieces
    for (let epoch = 0; epoch < 20; epoch++) {
      const batch = maskedWordsBatch(some, all, masking, { seed: 1, epoch, numbers: all });
      for (const { original, positions } of sequencesOf(batch)) {
        const chosen = new Set(positions);
        assert.ok(!chosen.has(0) && !chosen.has(original.length - 1));
        for (let position = 2; position < original.length - 1; position++) {
          if (!continues(own.idToToken(original[position]!)!)) continue;
          assert.equal(chosen.has(position), chosen.has(position - 1));
          if (chosen.has(position)) long++;
        }
      }
    }
    assert.ok(long > 1000, `${long}`);
  });
}

test("every position of a window is predicted equally often", () => {
  const masking = maskingFor(tokenizer, { maxSeqLength: MAX_SEQ_LENGTH });
  const item = windows.findIndex(({ inputIds }) => inputIds.length === MAX_SEQ_LENGTH);
  const counts = new Map<number, number>();
  const epochs = 20_000;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const batch = maskedWordsBatch(windows, [item], masking, { seed: 2, epoch, numbers: [item] });
    for (const position of batch.maskedPositions) counts.set(position, (counts.get(position) ?? 0) + 1);
  }
  assert.equal(counts.size, MAX_SEQ_LENGTH - 2);
  const share = 3 / (MAX_SEQ_LENGTH - 2); // 15 % of 22, rounded
  // Five standard deviations of a share of 20,000 draws are 0.012.
  for (const count of counts.values()) assert.ok(Math.abs(count / epochs - share) < 0.012, `${count}`);
});

test("the windows themselves stay as they are, and dropout is keyed by the item's number in the epoch", () => {
  const before = windows.map(({ inputIds }) => inputIds.slice());
  const masking = maskingFor(tokenizer, { maxSeqLength: MAX_SEQ_LENGTH });
  const { packed } = maskedWordsBatch(windows, [7, 3], masking, { seed: 1, epoch: 0, numbers: [40, 41] });
  assert.deepEqual(
    windows.map(({ inputIds }) => inputIds),
    before,
  );
  assert.equal(packed.rowIds[0], 40n << 20n);
  assert.equal(packed.rowIds[packed.cuSeqlens[1]!], 41n << 20n);
});
