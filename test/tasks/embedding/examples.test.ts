import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprintOf } from "../../../lib/fine-tuning/prepare-run.js";
import { readEncodedVectors } from "../../../lib/tasks/embedding/examples.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { goldenPath } from "../../support/golden.js";

const tokenizer = await TextTokenizer.load(goldenPath("tiny-bert")); // without upper case
const texts = { lowercase: false, prompts: { anchor: "", other: "", either: "" } };

async function fingerprintOfPairs(...pairs: [anchor: string, positive: string][]): Promise<string> {
  const rows = pairs.map(([anchor, positive]) => ({ anchor, positive }));
  const reader = { tokenizer, maxSeqLength: 16, texts, longTexts: null };
  return fingerprintOf(await readEncodedVectors(rows, reader, { name: "train" }));
}

test("rows of the same tokens are others where other texts of theirs are equal, as equal texts share no batch", async () => {
  const equal = await fingerprintOfPairs(["a film", "a story"], ["a film", "a plot"]);
  assert.equal(await fingerprintOfPairs(["A film", "a story"], ["A film", "a plot"]), equal);
  assert.notEqual(await fingerprintOfPairs(["A film", "a story"], ["a film", "a plot"]), equal);
});
