import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import {
  entitiesInWords,
  type TokenizedWords,
  tokenizeWords,
} from "../../../lib/tasks/token-classification/words.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { goldenJson, goldenPath } from "../../support/golden.js";

const MINILM = "../shared/data/models/all-minilm-l6-v2";
const XQUAD = "../shared/data/xquad";
/** What a tokenizer passes over: white space, control and format characters. */
const INVISIBLE = /^[\s\p{C}]*$/u;

type Casing = "uncased" | "cased";
const { uncased, cased } =
  goldenJson<Record<Casing, { pieces: string[]; cases: { text: string }[] }>>("tokenizer.json");
const tokenizers = {
  uncased: TextTokenizer.fromVocab(uncased.pieces),
  cased: TextTokenizer.fromVocab(cased.pieces, { lowercase: false }),
};

/** The words of a text as they are written. */
const written = ({ text, words }: TokenizedWords) => words.map(([start, end]) => text.slice(start, end));

async function wordsOf(text: string): Promise<TokenizedWords> {
  const [tokenized] = await tokenizeWords([text], tokenizers.uncased);
  return tokenized!;
}

test("given words become the tokens that transformers makes of split words", async () => {
  type Case = { words: string[]; tokens: number[]; wordStarts: number[] };
  const golden = goldenJson<Record<Casing, Case[]>>("words.json");
  for (const casing of ["uncased", "cased"] as const) {
    const given = golden[casing].map(({ words }) => words);
    for (const [index, tokenized] of (await tokenizeWords(given, tokenizers[casing])).entries()) {
      const { words, tokens, wordStarts } = golden[casing][index]!;
      assert.deepEqual([...tokenized.tokens], tokens, `${casing}: ${JSON.stringify(words)}`);
      assert.deepEqual([...tokenized.wordStarts], wordStarts, `${casing}: ${JSON.stringify(words)}`);
      assert.deepEqual(written(tokenized), words);
    }
  }
});

test("a text's words are the tokenizer's, punctuation and Chinese characters apart", async () => {
  assert.deepEqual(written(await wordsOf("Isn't it  odd? 在河边 😀 Crème ")), [
    "Isn",
    "'",
    "t",
    "it",
    "odd",
    "?",
    "在",
    "河",
    "边",
    "😀",
    "Crème",
  ]);
});

test("every token of a text is in its word, and every word of a text has tokens", async () => {
  const texts = uncased.cases.map(({ text }) => text);
  const tokenized = await tokenizeWords(texts, tokenizers.uncased);
  const encodings = await tokenizers.uncased.encodeBatchAligned(texts);
  for (const [index, { words, tokens, wordStarts }] of tokenized.entries()) {
    const { inputIds, offsets } = encodings[index]!;
    assert.deepEqual(tokens, inputIds.slice(1, -1));
    for (const [word, [start, end]] of words.entries()) {
      assert.ok(wordStarts[word]! < wordStarts[word + 1]!);
      for (let token = wordStarts[word]!; token < wordStarts[word + 1]!; token++) {
        const [tokenStart, tokenEnd] = offsets[token + 1]!;
        assert.ok(start <= tokenStart && tokenEnd <= end, JSON.stringify(texts[index]));
      }
    }
  }
});

test("spans in characters become spans in words", async () => {
  const tokenized = await wordsOf("Anna Lee lives in New York, at last.");
  const spans = [
    { start: 0, end: 8, label: "person" },
    { start: 18, end: 26, label: "location" },
  ];
  assert.deepEqual(entitiesInWords(tokenized, spans, "row 1"), {
    entities: [
      { type: "person", start: 0, end: 2 },
      { type: "location", start: 4, end: 6 },
    ],
    widened: 0,
  });
});

test("white space at a span's ends does not matter, a part of a word takes in the word and is counted", async () => {
  const tokenized = await wordsOf("the New Yorkers came");
  const at = (start: number, end: number) =>
    entitiesInWords(tokenized, [{ start, end, label: "x" }], "row 1");
  assert.deepEqual(at(3, 8), { entities: [{ type: "x", start: 1, end: 2 }], widened: 0 });
  assert.deepEqual(at(4, 12), { entities: [{ type: "x", start: 1, end: 3 }], widened: 1 });
  assert.deepEqual(at(9, 16), { entities: [{ type: "x", start: 2, end: 3 }], widened: 1 });
});

test("a span without a word, and two spans in one word, are refused", async () => {
  const tokenized = await wordsOf("New  Yorkers");
  const fail = (spans: [number, number][], message: string) =>
    assert.throws(
      () =>
        entitiesInWords(
          tokenized,
          spans.map(([start, end]) => ({ start, end, label: "x" })),
          "row 7",
        ),
      { code: "ERR_DATA", message },
    );
  fail([[3, 5]], 'row 7: Expected an entity with a word in it but received "  "');
  fail(
    [
      [0, 7],
      [8, 12],
    ],
    'row 7: Expected each word in at most one entity but received "Yorkers" in two',
  );
});

test("the tokenizer of a checkpoint does for words what it does for texts", async () => {
  const tokenizer = await TextTokenizer.load(goldenPath("tiny-bert-tokens"));
  const [given, found] = await tokenizeWords(
    [["the", "film", "was", "good"], "the film was good"],
    tokenizer,
  );
  assert.deepEqual(given, found);
});

const kindsDirectory = (name: string) => goldenPath(`tokenizers/${name}`);

test("given words become the tokens of transformers with tokenizers that count in the space before a word", async () => {
  type Case = { words: string[]; tokens: number[]; wordStarts: number[] };
  const golden = goldenJson<Record<string, Case[]>>("tokenizer_kinds_words.json");
  for (const name of ["byte-level-bpe-segments", "unigram", "unigram-spaces"]) {
    const tokenizer = await TextTokenizer.load(kindsDirectory(name));
    const given = golden[name]!.map(({ words }) => words);
    assert.ok(given.length > 40, "the golden file has lost cases");
    for (const [index, tokenized] of (await tokenizeWords(given, tokenizer)).entries()) {
      const { words, tokens, wordStarts } = golden[name]![index]!;
      assert.deepEqual([...tokenized.tokens], tokens, `${name}: ${JSON.stringify(words)}`);
      assert.deepEqual([...tokenized.wordStarts], wordStarts, `${name}: ${JSON.stringify(words)}`);
      assert.deepEqual(written(tokenized), words);
    }
  }
});

test("a text's words have no space before them, and spaces alone are no words", async () => {
  const text = "  The  keeper's 船 \u00a0😀  café ";
  const found = {
    bytes: ["The", "keeper", "'s", "船", "😀", "café"],
    pieces: ["The", "keeper's", "船", "😀", "café"],
  };
  for (const [name, expected] of [
    ["byte-level-bpe", found.bytes],
    ["byte-level-bpe-segments", found.bytes],
    ["unigram", found.pieces],
    ["unigram-spaces", found.pieces],
  ] as const) {
    const tokenizer = await TextTokenizer.load(kindsDirectory(name));
    const [tokenized] = await tokenizeWords([text], tokenizer);
    assert.deepEqual(written(tokenized!), expected, name);
    const { wordStarts, tokens } = tokenized!;
    for (const [word, text] of expected.entries()) {
      const own = tokens.slice(wordStarts[word]!, wordStarts[word + 1]!);
      assert.equal((await tokenizer.decode(own)).trim(), text, name);
    }
  }
});

test("in Spanish and Chinese paragraphs, words and the space between them are all of the text", {
  skip: existsSync(XQUAD) && existsSync(MINILM) ? false : `${XQUAD} or ${MINILM} is missing`,
}, async () => {
  const tokenizer = await TextTokenizer.load(MINILM);
  for (const language of ["es", "zh"]) {
    const { data } = JSON.parse(readFileSync(`${XQUAD}/xquad.${language}.json`, "utf8"));
    const texts: string[] = data.flatMap((article: { paragraphs: { context: string }[] }) =>
      article.paragraphs.map(({ context }) => context),
    );
    assert.equal(texts.length, 240);
    for (const { text, words } of await tokenizeWords(texts, tokenizer)) {
      let end = 0;
      for (const [start, wordEnd] of words) {
        assert.match(text.slice(end, start), INVISIBLE);
        end = wordEnd;
      }
      assert.match(text.slice(end), INVISIBLE);
    }
  }
});
