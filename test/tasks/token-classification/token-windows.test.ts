import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRandom } from "../../../lib/counter-random.js";
import {
  oddWords,
  type SentenceInDocument,
  type TokenWindow,
  tokenWindows,
  wordBudget,
} from "../../../lib/tasks/token-classification/token-windows.js";

const FRAME = { open: [1], between: [2], close: [2], segments: true };

/** A sentence of words with so many tokens each; every token's id is its own, counted from `firstId`. */
function sentenceOf(counts: readonly number[], firstId: number, document: number): SentenceInDocument {
  const wordStarts = new Int32Array(counts.length + 1);
  for (const [word, count] of counts.entries()) wordStarts[word + 1] = wordStarts[word]! + count;
  const tokens = Int32Array.from({ length: wordStarts.at(-1)! }, (_, token) => firstId + token);
  return { text: "", words: counts.map(() => [0, 0]), tokens, wordStarts, document };
}

/** Documents of a few sentences of 0 to 30 words, whose words have 0 to 3 tokens and now and then 20. */
function randomSentences(): SentenceInDocument[] {
  const random = new CounterRandom(3, 0);
  let draw = 0;
  const below = (limit: number) => Math.floor(random.uniform(draw++) * limit);
  const sentences: SentenceInDocument[] = [];
  let document = 0;
  let id = 10;
  for (let index = 0; index < 300; index++) {
    if (below(4) === 0) document++;
    const counts = Array.from({ length: below(31) }, () => (below(40) === 0 ? 20 : below(4)));
    sentences.push(sentenceOf(counts, id, document));
    id += sentences.at(-1)!.tokens.length;
  }
  return sentences;
}

const sentences = randomSentences();
const documentOfToken = new Map(
  sentences.flatMap(({ tokens, document }) => Array.from(tokens, (token) => [token, document] as const)),
);

for (const documentContext of [false, true]) {
  const what = documentContext ? "with document context" : "alone";
  const windows = tokenWindows(sentences, FRAME, { maxLength: 18, documentContext });

  test(`${what}, every word that has a token is predicted once, at its first token`, () => {
    const predicted: string[] = [];
    for (const { sentence, words, positions, inputIds } of windows) {
      const { tokens, wordStarts } = sentences[sentence]!;
      for (const [index, word] of words.entries()) {
        predicted.push(`${sentence} ${word}`);
        assert.equal(inputIds[positions[index]!], tokens[wordStarts[word]!]);
      }
    }
    const all = sentences.flatMap(({ wordStarts }, sentence) =>
      Array.from(wordStarts.keys())
        .filter((word) => wordStarts[word]! < wordStarts[word + 1]!)
        .map((word) => `${sentence} ${word}`),
    );
    assert.deepEqual(predicted, all);
  });

  test(`${what}, a window is a run of one document's tokens between [CLS] and [SEP]`, () => {
    for (const { inputIds, tokenTypeIds } of windows) {
      assert.ok(inputIds.length <= 18);
      assert.deepEqual([inputIds[0], inputIds.at(-1), tokenTypeIds.length], [1, 2, inputIds.length]);
      const tokens = inputIds.slice(1, -1);
      for (const [index, token] of tokens.entries()) {
        assert.equal(token, tokens[0]! + index);
        assert.equal(documentOfToken.get(token), documentOfToken.get(tokens[0]!));
      }
    }
  });
}

test("a sentence that fits is read whole, without context alone, with it in company of its neighbours", () => {
  const document = [
    sentenceOf([1, 1, 1], 10, 1),
    sentenceOf([1, 2], 13, 1),
    sentenceOf([1, 1, 1, 1], 16, 1),
    sentenceOf([1, 1, 1], 20, 2),
  ];
  const second = (options: { maxLength: number; documentContext: boolean }) =>
    tokenWindows(document, FRAME, options).filter(({ sentence }) => sentence === 1);
  const read = (windows: TokenWindow[]) =>
    windows.map(({ inputIds, words, positions }) => [[...inputIds], [...words], [...positions]]);
  assert.deepEqual(read(second({ maxLength: 20, documentContext: false })), [
    [
      [1, 13, 14, 15, 2],
      [0, 1],
      [1, 2],
    ],
  ]);
  assert.deepEqual(read(second({ maxLength: 9, documentContext: true })), [
    [
      [1, 11, 12, 13, 14, 15, 16, 17, 2],
      [0, 1],
      [3, 4],
    ],
  ]);
  assert.deepEqual(read(second({ maxLength: 99, documentContext: true })), [
    [
      [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 2],
      [0, 1],
      [4, 5],
    ],
  ]);
});

test("document context needs documents", () => {
  const { document: _, ...sentence } = { ...sentenceOf([1], 10, 1), location: "train.conll, line 1" };
  const options = { maxLength: 10, documentContext: true };
  assert.throws(() => tokenWindows([sentence], FRAME, options), {
    code: "ERR_DATA",
    message:
      "train.conll, line 1: Expected a -DOCSTART- line before it or a document, for documentContext, but received none",
  });
});

test("words without tokens, and words longer than an input, are counted", () => {
  const odd = [sentenceOf([0, 1, 9, 8], 10, 1), sentenceOf([], 40, 1), sentenceOf([0], 50, 1)];
  assert.deepEqual(oddWords(odd, wordBudget(FRAME, 10)), { empty: 2, cut: 1 });
  const windows = tokenWindows(odd, FRAME, { maxLength: 10, documentContext: false });
  assert.deepEqual(
    windows.flatMap(({ sentence, words }) => Array.from(words, (word) => [sentence, word])),
    [
      [0, 1],
      [0, 2],
      [0, 3],
    ],
  );
});

test("special tokens of another frame stand around the words, and move them", () => {
  const frame = { open: [5, 6], between: [8, 8], close: [7], segments: false };
  assert.equal(wordBudget(frame, 6), 3);
  const sentence = sentenceOf([1, 2, 1, 1], 10, 1);
  const windows = tokenWindows([sentence], frame, { maxLength: 6, documentContext: false });
  const predicted = windows.flatMap(({ inputIds, tokenTypeIds, positions, words }) => {
    assert.deepEqual([...inputIds.subarray(0, 2), inputIds.at(-1)], [5, 6, 7]);
    assert.ok(inputIds.length <= 6);
    assert.deepEqual(tokenTypeIds, new Uint8Array(inputIds.length));
    return Array.from(words, (word, nth) => [word, inputIds[positions[nth]!]]);
  });
  assert.deepEqual(predicted, [
    [0, 10],
    [1, 11],
    [2, 13],
    [3, 14],
  ]);
});
