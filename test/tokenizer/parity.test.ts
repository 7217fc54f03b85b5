import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";

interface GoldenCase {
  text: string;
  pair?: string;
  maxLength?: number;
  inputIds: number[];
  tokenTypeIds: number[];
  wordIds: (number | null)[];
  offsets: [number, number][];
  decoded?: string;
}

interface Golden {
  pieces: string[];
  cases: GoldenCase[];
}

const golden: Record<"uncased" | "cased", Golden> = JSON.parse(
  readFileSync("test/golden/data/tokenizer.json", "utf8"),
);

for (const casing of ["uncased", "cased"] as const) {
  const { pieces, cases } = golden[casing];
  const tokenizer = TextTokenizer.fromVocab(pieces, { lowercase: casing === "uncased" });

  test(`${casing}: ids, token types, words and offsets of single texts and pairs equal transformers'`, async () => {
    assert.ok(cases.length > 250, "the golden file has lost cases");
    for (const { text, pair, maxLength, ...reference } of cases) {
      const encoding = await tokenizer.encode(text, pair, { maxLength });
      const received = {
        inputIds: [...encoding.inputIds],
        tokenTypeIds: [...encoding.tokenTypeIds],
        wordIds: encoding.wordIds,
        offsets: encoding.offsets,
      };
      const { decoded: _, ...expected } = reference;
      assert.deepEqual(received, expected, `${JSON.stringify({ text, pair, maxLength })}`);
    }
  });

  test(`${casing}: decoded texts equal transformers'`, async () => {
    for (const { inputIds, decoded } of cases) {
      if (decoded !== undefined) assert.equal(await tokenizer.decode(inputIds), decoded);
    }
  });

  test(`${casing}: a batch gives what its texts give one by one`, async () => {
    const inputs = cases.map(({ text, pair }) => (pair === undefined ? text : ([text, pair] as const)));
    const batch = await tokenizer.encodeBatch(inputs, { maxLength: 11 });
    const aligned = await tokenizer.encodeBatchAligned(inputs, { maxLength: 11 });
    for (const [index, { text, pair }] of cases.entries()) {
      const alone = await tokenizer.encode(text, pair, { maxLength: 11 });
      assert.deepEqual(aligned[index], alone);
      const { wordIds: _, offsets: __, textIds: ___, ...ids } = alone;
      assert.deepEqual(batch[index], ids);
    }
  });
}

const VOCAB = "../shared/data/vocab/bert-base-uncased.txt";
const MINILM = "../shared/data/models/all-minilm-l6-v2";

test("the vocabulary of bert-base-uncased gives the ids that BERT users know", {
  skip: existsSync(VOCAB) ? false : `${VOCAB} is not there`,
}, async () => {
  const pieces = readFileSync(VOCAB, "utf8").trimEnd().split("\n");
  const tokenizer = TextTokenizer.fromVocab(pieces);
  assert.equal(tokenizer.vocabSize, 30522);
  const { inputIds } = await tokenizer.encode("Hello, world!");
  assert.deepEqual([...inputIds], [101, 7592, 1010, 2088, 999, 102]);
  const { padId, unkId, clsId, sepId, maskId } = tokenizer;
  assert.deepEqual([padId, unkId, clsId, sepId, maskId], [0, 100, 101, 102, 103]);
});

test("MiniLM's tokenizer.json does not cut a text at the 128 tokens that it asks for, nor fill it up", {
  skip: existsSync(MINILM) ? false : `${MINILM} is not there`,
}, async () => {
  const tokenizer = await TextTokenizer.load(MINILM);
  assert.equal((await tokenizer.encode("film ".repeat(300))).inputIds.length, 302);
  assert.equal((await tokenizer.encode("film")).inputIds.length, 3);
});
