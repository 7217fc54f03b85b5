import assert from "node:assert/strict";
import { test } from "node:test";
import { entityPredictions, predictedTags } from "../../../lib/tasks/token-classification/decode.js";
import { tokenEvaluation } from "../../../lib/tasks/token-classification/evaluation.js";
import type { TaggingExamples } from "../../../lib/tasks/token-classification/examples.js";
import type { TaggedSentence } from "../../../lib/tasks/token-classification/sentences.js";
import { assertClose } from "../../support/tolerance.js";

const LABELS = ["B-x", "I-x", "O"];

/** Words of one token each; an empty one has none. */
function sentenceOf(words: string[], tags: string[], row: number): TaggedSentence {
  const lengths = words.map((word) => (word === "" ? 0 : 1));
  const wordStarts = Int32Array.from([0, ...lengths.map((_, word) => sum(lengths.slice(0, word + 1)))]);
  let start = 0;
  const ranges = words.map((word): [number, number] => {
    const range: [number, number] = [start, start + word.length];
    start = range[1] + 1;
    return range;
  });
  const location = `row ${row}`;
  const tokens = new Int32Array(sum(lengths));
  return {
    text: words.join(" "),
    words: ranges,
    tokens,
    wordStarts,
    tags,
    document: null,
    location,
    locationOf: () => location,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Log-probabilities of one token: `probability` for one label, the rest for the others alike. */
function token(label: string, probability: number): number[] {
  return LABELS.map((other) => Math.log(other === label ? probability : (1 - probability) / 2));
}

const SPECIAL = token("B-x", 0.9); // of [CLS] and [SEP]: nobody may read it

const sentences = [
  sentenceOf(["Anna", "", "Lee", "sings"], ["B-x", "O", "I-x", "O"], 1),
  sentenceOf(["Bo"], ["B-x"], 2),
];
// The second sentence comes in the first window of two, to show that windows need not be in the order of sentences.
const windows = [
  { sentence: 1, words: [0], positions: [1] },
  { sentence: 0, words: [0, 2], positions: [1, 2] },
  { sentence: 0, words: [3], positions: [3] },
].map(({ sentence, words, positions }) => ({
  sentence,
  words: Int32Array.from(words),
  positions: Int32Array.from(positions),
  inputIds: new Int32Array(0),
  tokenTypeIds: new Uint8Array(0),
}));
const outputs = [
  [SPECIAL, token("O", 0.6), SPECIAL],
  [SPECIAL, token("B-x", 0.8), token("I-x", 0.5), SPECIAL],
  [SPECIAL, SPECIAL, SPECIAL, token("O", 0.7), SPECIAL],
].map((tokens) => Float32Array.from(tokens.flat()));

test("each word's tag is the likeliest one at its first token, and O where it has none", () => {
  const [first, second] = predictedTags(sentences, windows, outputs, LABELS);
  assert.deepEqual(first!.tags, ["B-x", "O", "I-x", "O"]);
  assertClose(first!.probabilities, [0.8, 1, 0.5, 0.7], { absolute: 1e-6 });
  assert.deepEqual(second!.tags, ["O"]);
});

test("an entity's score is the mean of its words' probabilities, its text what it covers", () => {
  const tags = { tags: ["B-x", "I-x", "O", "I-x"], probabilities: Float32Array.of(0.8, 0.5, 0.9, 0.6) };
  const sentence = sentenceOf(["Anna", "Lee", "and", "Bo"], [], 1);
  const [first, second] = entityPredictions(sentence, tags, { scheme: "BIO", inWords: true });
  assert.deepEqual(
    { ...first, score: 0 },
    { label: "x", start: 0, end: 8, text: "Anna Lee", score: 0, words: [0, 2] },
  );
  assertClose([first!.score, second!.score], [0.65, 0.6], { absolute: 1e-6 });
  assert.deepEqual([second!.text, second!.words], ["Bo", [3, 4]], "an I- that nothing begins is an entity");
  assert.ok(!("words" in entityPredictions(sentence, tags, { scheme: "BIO", inWords: false })[0]!));
});

const examples = {
  rows: 2,
  lengths: Int32Array.of(3, 4, 5),
  tokens: () => [],
  content: () => [],
  notices: [],
  sentences,
  windows,
  classes: [Int32Array.of(0), Int32Array.of(0, 1), Int32Array.of(2)],
  emptyWords: 1,
} satisfies TaggingExamples;

test("an evaluation counts entities, words and losses over all sentences", () => {
  const { report, ...figures } = tokenEvaluation(examples, outputs, LABELS, "BIO");
  // By default and strictly: Anna and Lee are an entity each, the word between them has no token.
  assert.deepEqual([figures.entities, figures.precision, figures.recall, figures.f1], [3, 1, 2 / 3, 0.8]);
  assert.deepEqual(
    [figures.strictPrecision, figures.strictRecall],
    [1, 1 / 2],
    "I- after O is none, strictly",
  );
  assert.deepEqual([figures.rows, figures.words, figures.emptyWords, figures.accuracy], [2, 5, 1, 4 / 5]);
  const loss = -(Math.log(0.2) + Math.log(0.8) + Math.log(0.5) + Math.log(0.7)) / 4;
  assertClose([figures.loss], [loss], { absolute: 1e-6 });

  assert.deepEqual(
    report.types.map(({ label, support }) => [label, support]),
    [["x", 3]],
  );
  const [mistake, ...others] = report.worstMistakes;
  assert.equal(others.length, 0);
  assertClose([mistake!.loss], [-Math.log(0.2)], { absolute: 1e-6 });
  assert.deepEqual(
    { ...mistake, loss: 0 },
    { text: "Bo", location: "row 2", expected: [{ label: "x", text: "Bo" }], predicted: [], loss: 0 },
  );
});

test("of plain tags each word is right or wrong by itself, and words that are O are not listed", () => {
  const tags = { tags: ["NOUN", "NOUN", "O"], probabilities: Float32Array.of(0.8, 0.5, 0.9) };
  const found = entityPredictions(sentenceOf(["Anna", "Lee", "!"], [], 1), tags, {
    scheme: "plain",
    inWords: true,
  });
  assert.deepEqual(
    found.map(({ label, text, words }) => [label, text, words]),
    [
      ["NOUN", "Anna", [0, 1]],
      ["NOUN", "Lee", [1, 2]],
    ],
  );
  const { report, ...figures } = tokenEvaluation(examples, outputs, LABELS, "plain");
  assert.deepEqual(Object.keys(figures).sort(), [
    "accuracy",
    "emptyWords",
    "loss",
    "macroF1",
    "rows",
    "words",
  ]);
  assert.equal(figures.accuracy, 4 / 5);
  const types = report.types.map(({ label, f1, support }) => [label, f1, support]);
  assert.deepEqual(
    types,
    [
      ["B-x", 2 / 3, 2],
      ["I-x", 1, 1],
    ],
    "one of two B-x found",
  );
  assert.equal(figures.macroF1, (1 + 2 / 3) / 2);
});
