import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { frameAlignment, frameTexts } from "../../lib/tokenizer/encoding.js";
import { BERT_LAYOUT, ROBERTA_LAYOUT, type TextLayout } from "../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { wordPieceJson } from "../../lib/tokenizer/tokenizer-json.js";
import { tries } from "../faults/tries.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { processorClock } from "../support/processor-time.js";
import { sentencePieceMap } from "./sentencepiece-map.js";

const PIECES = [
  ...Object.values(BERT_LAYOUT.specialTokens),
  "a",
  "##a",
  "b",
  "##b",
  "中",
  "!",
  "word",
  "[",
  "]",
];
const token = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false };
const golden = (name: string) =>
  JSON.parse(readFileSync(`test/golden/data/tokenizers/${name}/tokenizer.json`, "utf8"));

/** Every kind of tokenizer that a text is cut for, with added tokens that take the white space beside them. */
function tokenizerFiles(): Record<string, { json: Record<string, unknown>; layout: TextLayout }> {
  const map = sentencePieceMap([
    ["ﬁ", "fi"],
    ["\t", " "],
    ["\r\n", "x"],
    ["Ａ", "A"],
  ]);
  const unigram = golden("unigram");
  const normalizers = [
    { type: "Precompiled", precompiled_charsmap: map },
    { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
  ];
  const pieces = PIECES.length;
  const added = [
    { ...token, id: pieces, content: "<t>", lstrip: true, rstrip: true },
    { ...token, id: pieces + 1, content: "new", single_word: true, normalized: true },
  ];
  return {
    WordPiece: { json: { ...wordPieceJson(PIECES, "[UNK]"), added_tokens: added }, layout: BERT_LAYOUT },
    "WordPiece, long runs": {
      json: { ...wordPieceJson(PIECES, "[UNK]"), added_tokens: added.slice(0, 1) },
      layout: BERT_LAYOUT,
    },
    "byte-level BPE": { json: golden("byte-level-bpe"), layout: ROBERTA_LAYOUT },
    "Unigram with a map": {
      json: { ...unigram, normalizer: { type: "Sequence", normalizers } },
      layout: ROBERTA_LAYOUT,
    },
    "Unigram without WhitespaceSplit": { json: golden("unigram-spaces"), layout: ROBERTA_LAYOUT },
  };
}

async function load(t: TestContext, json: unknown, layout: TextLayout): Promise<TextTokenizer> {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(json));
  return TextTokenizer.load(folder, layout);
}

const part = fc.constantFrom(
  ...["a", "ab", "word", "the ships", "中中", "!", "<t>", "new", "<mask>", "ﬁ", "Ａ", "e\u0301", "[MASK]"],
  ...[
    "ab".repeat(400),
    " \n".repeat(400),
    "ab".repeat(60),
    "ab".repeat(30),
    "x".repeat(120),
    "the".repeat(20),
    "word!".repeat(12),
    " ".repeat(70),
    "\n".repeat(40),
  ],
  ...[" ", " ", " ", "  ", "\t", "\n", "\r\n", "\u3000", " \u0301", "", "'s", "123", "\u200b"],
);
/** Long enough that they are read in several steps. */
const longText = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 12 }), fc.nat(40), fc.array(part, { maxLength: 12 }))
  .map(([start, times, end]) => (start.join("").repeat(times + 1) + end.join("")).slice(0, 4000));

/** The input tokenized as a whole and cut then. */
async function cutAfterwards(tokenizer: TextTokenizer, texts: readonly string[], maxLength: number) {
  const { frame } = tokenizer;
  const limit = { maxLength, side: "right" } as const;
  const whole = await tokenizer.encodeBatchAligned(texts);
  const own = whole.map(({ inputIds, wordIds, offsets }) => {
    const range = [frame.open.length, inputIds.length - frame.close.length] as const;
    return {
      ids: [...inputIds.slice(...range)],
      wordIds: wordIds.slice(...range),
      offsets: offsets.slice(...range),
    };
  });
  const ids = own.map((text) => text.ids);
  return { ...frameTexts(ids, frame, limit), ...frameAlignment(own, frame, limit) };
}

test("texts that are cut before they are tokenized give the tokens of whole texts", async (t) => {
  for (const [kind, { json, layout }] of Object.entries(tokenizerFiles())) {
    const tokenizer = await load(t, json, layout);
    const lengths = fc.integer({ min: 4, max: 12 });
    const property = fc.asyncProperty(longText, longText, lengths, async (a, b, maxLength) => {
      const [one, pair] = await tokenizer.encodeBatchAligned([a, [a, b]], { maxLength });
      assert.deepEqual(one, await cutAfterwards(tokenizer, [a], maxLength), kind);
      assert.deepEqual(pair, await cutAfterwards(tokenizer, [a, b], maxLength), kind);
    });
    await fc.assert(property, { numRuns: tries(40, 20_000) });
  }
});

const LONG: Record<string, string> = {
  words: "the ships ",
  lines: "word\n",
  "one word": "ab",
  "white space": " ",
  ideographs: "中",
};

for (const [what, text] of Object.entries(LONG)) {
  test(`12 MB of ${what} take no longer than their beginning`, async (t) => {
    const files = tokenizerFiles();
    const kinds = what === "words" ? Object.keys(files) : ["WordPiece, long runs"];
    const long = text.repeat(12_000_000 / Buffer.byteLength(text));
    for (const kind of kinds) {
      const { json, layout } = files[kind]!;
      const tokenizer = await load(t, json, layout);
      await tokenizer.encode(text);
      const clock = processorClock();
      const { inputIds, truncated } = await tokenizer.encode(long, undefined, { maxLength: 128 });
      const seconds = clock();
      assert.equal(inputIds.length, truncated ? 128 : what === "one word" ? 3 : 2);
      // Milliseconds; the whole text takes ten seconds and more.
      assert.ok(seconds < 1, `${kind}: ${seconds} s`);
    }
  });
}
