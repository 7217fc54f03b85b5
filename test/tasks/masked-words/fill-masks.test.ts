import assert from "node:assert/strict";
import { test } from "node:test";
import { packSequences } from "../../../lib/models/packing.js";
import {
  bestWords,
  checkMasks,
  maskPredictions,
  maskStarts,
} from "../../../lib/tasks/masked-words/fill-masks.js";
import { tensor } from "../../../lib/tensor/create.js";
import { scope } from "../../../lib/tensor/scope.js";
import { ROBERTA_LAYOUT } from "../../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { goldenPath } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

const tokenizers = {
  "[MASK]": await TextTokenizer.load(goldenPath("tiny-bert")),
  "<mask>": await TextTokenizer.load(goldenPath("families/tiny-roberta"), ROBERTA_LAYOUT),
};

for (const [mask, tokenizer] of Object.entries(tokenizers)) {
  test(`a text without ${mask}, or with one beyond what the model reads, is refused by that name`, async () => {
    const check = async (text: string, maxLength: number) =>
      checkMasks([text], await tokenizer.encodeBatch([text], { maxLength }), tokenizer);
    await check(`a ${mask} film, a ${mask} film`, 64);
    await assert.rejects(check("a film", 64), {
      code: "ERR_DATA",
      message: `Expected a text with ${mask} in it but received "a film"`,
    });
    await assert.rejects(check("a ".repeat(20), 12), {
      code: "ERR_DATA",
      message: `Expected a text with ${mask} in it but received "${"a ".repeat(20)}"`,
    });
    const long = `${mask} ${"a ".repeat(20)}${mask}`;
    await assert.rejects(check(long, 12), {
      code: "ERR_DATA",
      message: `Expected every ${mask} within the first 12 tokens but received "${long}"`,
    });
  });
}

test("the masks of a batch are counted by sequence", () => {
  const sequences = [
    [1, 9, 9],
    [1, 2],
    [9, 1],
  ].map((inputIds) => ({ inputIds, tokenTypeIds: inputIds }));
  assert.deepEqual([...maskStarts(packSequences(sequences, [0, 1, 2]), 9)], [0, 2, 2, 3]);
});

test("the best words come first, with their share of all probabilities; rows beyond the vocabulary are no words", () => {
  const probabilities = [0.1, 0.3, 0.05, 0.2, 0.35]; // of a table with two rows more than the tokenizer has ids
  const rows = scope(() => {
    const logits = tensor(Float32Array.from(probabilities, Math.log), { shape: [1, 5] });
    return bestWords(logits, { topK: 2, vocabSize: 3 }).toFloat32Array();
  });
  const [predictions, ...others] = maskPredictions(rows, 2, { idToToken: (id) => "abc"[id] ?? null });
  assert.equal(others.length, 0);
  assert.deepEqual(
    predictions!.map(({ token }) => token),
    ["b", "a"],
  );
  // Of float32 seven digits hold.
  assertClose(
    predictions!.map(({ score }) => score),
    [0.3, 0.1],
    { absolute: 1e-6 },
  );
});
