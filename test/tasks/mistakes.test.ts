import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateVectors } from "../../lib/tasks/embedding/evaluation.js";
import type { VectorExamples } from "../../lib/tasks/embedding/examples.js";
import { choiceMistakes } from "../../lib/tasks/multiple-choice/mistakes.js";
import { answersByQuestion, type WindowLogits } from "../../lib/tasks/question-answering/best-answers.js";
import { questionMistakes } from "../../lib/tasks/question-answering/mistakes.js";
import type { EncodedQuestion } from "../../lib/tasks/question-answering/windows.js";
import { evaluateRankings } from "../../lib/tasks/reranking/evaluation.js";
import type { RankingExamples } from "../../lib/tasks/reranking/examples.js";
import { excerptAround } from "../../lib/tasks/texts/mistakes.js";

/** A question about a text of words of one letter each, with a space between. */
function questionAbout(words: string, answer: string | null, location: string): EncodedQuestion {
  const count = (words.length + 1) / 2;
  const start = answer === null ? null : words.indexOf(answer);
  return {
    text: "which?",
    inputIds: Int32Array.of(9),
    context: {
      text: words,
      inputIds: new Int32Array(count),
      starts: Int32Array.from({ length: count }, (_, token) => 2 * token),
      ends: Int32Array.from({ length: count }, (_, token) => 2 * token + 1),
    },
    answers: answer === null ? [] : [{ text: answer, start: start! < 0 ? null : start, moved: false }],
    location,
  };
}

/** Logits of a window over the whole of a context, with 5 at one of its words, or at the first token for no answer. */
function logitsFor(question: EncodedQuestion, word: string | null): WindowLogits {
  const { context } = question;
  const contextStart = 3; // [CLS] question [SEP]
  const side = new Float32Array(contextStart + context.inputIds.length + 1);
  side[word === null ? 0 : contextStart + context.text.indexOf(word) / 2] = 5;
  const window = { question, first: 0, length: context.inputIds.length, contextStart };
  return { window, start: side, end: side };
}

test("a question's mistake is an answer that matches none, or one where there is none; its loss is its worst window's", () => {
  const questions = [
    questionAbout("a b c", "b", "right"),
    questionAbout("d e f", "e", "wrong"),
    questionAbout("g h i", null, "has none"),
    questionAbout("j k l", "k", "not found"),
    questionAbout("m n o", "z", "lost"),
  ] as const;
  const logits = [
    logitsFor(questions[0], "b"),
    logitsFor(questions[1], "d"),
    logitsFor(questions[1], "e"), // another window of the same
    logitsFor(questions[2], "g"),
    logitsFor(questions[3], null),
    logitsFor(questions[4], "m"),
  ];
  const losses = [9, 1, 3, 2, 4, 9];
  const search = { nBest: 5, maxAnswerLength: 1, allowNoAnswer: true };
  const single = logits.filter((_, index) => index !== 2);
  const found = answersByQuestion(single, search);
  const mistakes = questionMistakes(logits, losses, found, 0);
  const text = "which?";
  assert.deepEqual(mistakes, [
    { text, textPair: "j k l", location: "not found", expected: "k", predicted: null, loss: 4 },
    { text, textPair: "d e f", location: "wrong", expected: "e", predicted: "d", loss: 3 },
    { text, textPair: "g h i", location: "has none", expected: null, predicted: "g", loss: 2 },
  ]);
});

test("a long text is shown around a place in it, in at most 500 characters", () => {
  const text = `${"a".repeat(400)}X${"b".repeat(400)}Y${"c".repeat(400)}`;
  for (const place of [0, 100, 400, 801, 1200]) {
    const part = excerptAround(text, place);
    assert.equal(part.length, 500);
    assert.ok(part.includes(text.slice(place, place + 1)));
  }
  assert.ok(excerptAround(text, 400).includes("X") && excerptAround(text, 801).includes("Y"));
  assert.match(excerptAround(text, 801), /^\.\.\.b.*c\.\.\.$/);
  assert.equal(excerptAround("short", 4), "short");
});

test("of a wrong choice the texts of both are shown", () => {
  const input = (context: string, question?: string) => ({ context, question, choices: ["one", "two"] });
  const examples = {
    inputs: [input("first"), input("second", "which?"), input("third")],
    locations: ["row 1", "row 2", "row 3"],
    right: Int32Array.of(0, 1, 1),
  };
  assert.deepEqual(choiceMistakes(examples, [0.5, 2, 3], [0, 0, 0]), [
    { text: "third", location: "row 3", expected: "two", predicted: "one", loss: 3 },
    { text: "second", textPair: "which?", location: "row 2", expected: "two", predicted: "one", loss: 2 },
  ]);
});

/** Rows of so many documents each, "a0", "a1", …, "b0", … for the queries a, b, …. */
function rankings(kind: RankingExamples["kind"], lists: readonly (readonly number[])[]): RankingExamples {
  const names = lists.map((_, row) => String.fromCharCode(97 + row));
  const bounds = lists.map((_, row) => lists.slice(0, row).flat().length);
  return {
    kind,
    rows: lists.length,
    encodings: [],
    labels: Float64Array.from(lists.flat()),
    bounds: Int32Array.of(...bounds, lists.flat().length),
    longest: 0,
    locations: names,
    pairs: lists.flatMap((own, row) =>
      own.map((_, index) => [names[row]!, `${names[row]}${index}`] as const),
    ),
    truncatedTexts: 0,
    lengths: new Int32Array(0),
    tokens: () => [],
    content: () => [],
    notices: [],
  };
}

test("in a list, a less relevant document above all of the most relevant is a mistake, by how far above", () => {
  const lists = rankings("lists", [
    [1, 0, 1],
    [0, 2, 1],
    [0, 1],
    [1, 1],
  ]);
  const outputs = [1, 3, -2, 4, 1, 5, 0, 1, 2, 3];
  const { report } = evaluateRankings(lists, outputs, (output) => output);
  assert.deepEqual(report.worstMistakes, [
    { text: "b", location: "b", expected: "b1", predicted: "b2", loss: 4 },
    { text: "a", location: "a", expected: "a0", predicted: "a1", loss: 2 },
  ]);
});

test("of pairs with labels, the wrong labels are mistakes; with other numbers, those whose ranks differ", () => {
  const labelled = rankings("labels", [[1], [0], [1], [0]]);
  const { report } = evaluateRankings(labelled, [2, 1, -3, -4], (output) => output);
  const cross = (output: number) => Math.log1p(Math.exp(output));
  assert.deepEqual(report.worstMistakes, [
    {
      text: "c",
      textPair: "c0",
      location: "c",
      expected: 1,
      predicted: 0,
      loss: 3 + Math.log1p(Math.exp(-3)),
    },
    {
      text: "b",
      textPair: "b0",
      location: "b",
      expected: 0,
      predicted: 1,
      loss: 1 + Math.log1p(Math.exp(-1)),
    },
  ]);
  assert.ok(Math.abs(report.worstMistakes[0]!.loss - cross(3)) < 1e-12);
  const scored = rankings("scores", [[10], [20], [30], [40], [50]]);
  const halved = (output: number) => output / 2;
  const of = evaluateRankings(scored, [8, 2, 3, 4, 5], halved).report.worstMistakes;
  assert.deepEqual(
    of.map(({ location, expected, predicted, loss }) => [location, expected, predicted, loss]),
    [
      ["a", 10, 4, 1],
      ["b", 20, 1, 0.25],
      ["c", 30, 1.5, 0.25],
      ["d", 40, 2, 0.25],
      ["e", 50, 2.5, 0.25],
    ],
  );
});

function vectorExamples(rows: readonly (readonly string[])[], scores?: number[]): VectorExamples {
  const distinctTexts = [...new Set(rows.flat())];
  return {
    rows: rows.length,
    texts: rows[0]!.length,
    encodings: [],
    textIds: Int32Array.from(rows.flat(), (text) => distinctTexts.indexOf(text)),
    distinctTexts,
    locations: rows.map((_, row) => `row ${row + 1}`),
    ...(scores && { scores: Float64Array.from(scores) }),
    lengths: new Int32Array(0),
    tokens: () => [],
    content: () => [],
    notices: [],
  };
}

const at = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

test("an anchor that another text is nearest to is shown with that text, and by how much it is nearer", () => {
  const examples = vectorExamples([
    ["cat", "kitten"],
    ["dog", "puppy"],
    ["cat", "tomcat"],
  ]);
  const angles = [0, 60, 90, 15, 0, 80]; // from cat: kitten 60°, puppy 15°, tomcat 80°
  const { report, accuracyAt1 } = evaluateVectors(examples, angles.map(at));
  assert.equal(accuracyAt1, 0);
  const shown = report.worstMistakes.map(({ loss, ...rest }) => ({ ...rest, loss: loss.toFixed(4) }));
  const lead = (near: number, far: number) =>
    (Math.cos((near * Math.PI) / 180) - Math.cos((far * Math.PI) / 180)).toFixed(4);
  assert.deepEqual(shown, [
    { text: "cat", location: "row 3", expected: "tomcat", predicted: "puppy", loss: lead(15, 80) },
    { text: "dog", location: "row 2", expected: "puppy", predicted: "tomcat", loss: lead(10, 75) },
    { text: "cat", location: "row 1", expected: "kitten", predicted: "puppy", loss: lead(15, 60) },
  ]);
});

test("pairs with scores are mistakes by how far the ranks of cosine and score are apart", () => {
  const rows = [
    ["a", "b"],
    ["c", "d"],
    ["e", "f"],
  ];
  const { report } = evaluateVectors(vectorExamples(rows, [5, 1, 3]), [0, 90, 0, 10, 0, 45].map(at));
  assert.deepEqual(
    report.worstMistakes.map(({ text, textPair, expected, loss }) => [text, textPair, expected, loss]),
    [
      ["a", "b", 5, 1],
      ["c", "d", 1, 1],
    ],
  );
});
