import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnswerSearch,
  answerGiven,
  type BestAnswers,
  bestAnswers,
  type WindowLogits,
} from "../../../lib/tasks/question-answering/best-answers.js";
import type { EncodedQuestions } from "../../../lib/tasks/question-answering/encoded-questions.js";
import { squadScores } from "../../../lib/tasks/question-answering/squad-metrics.js";
import {
  answerPositions,
  type EncodedQuestion,
  type QuestionWindow,
  windowTokens,
} from "../../../lib/tasks/question-answering/windows.js";
import type { Frame } from "../../../lib/tokenizer/frame.js";
import { GoldenTensors } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";
import { LANGUAGES, squadGolden, withoutXquad, xquad } from "../../support/xquad.js";

/** [CLS] question [SEP] context [SEP] */
const FRAME: Frame = { open: [101], between: [102], close: [102], segments: true };

const { nBest, maxAnswerLength, nullThreshold } = squadGolden.settings;

/** The golden values' logits: see `logit` in test/golden/make_squad_golden.py. */
function goldenLogit(window: number, token: number, side: number): number {
  let mixed = (window * 7919 + token * 104729 + side * 1299709 + 12345) % 2147483648;
  for (let round = 0; round < 3; round++) mixed = (mixed * 1664525 + 1013904223) % 2147483648;
  const high = Math.floor(mixed / 65536);
  return (high * 512 + token) / 1048576 - 8 + (token === 0 ? 7 : 0);
}

/** What `bestAnswers` finds for every question, with the logits that `logitOf` gives. */
function answersTo(
  { windows }: EncodedQuestions,
  search: Omit<AnswerSearch, "nBest">,
  logitOf: (window: number, token: number, side: number) => number,
): Map<EncodedQuestion, BestAnswers> {
  const perQuestion = new Map<EncodedQuestion, WindowLogits[]>();
  for (const [index, window] of windows.entries()) {
    const side = (number: number) =>
      Float32Array.from({ length: windowTokens(window, FRAME) }, (_, token) => logitOf(index, token, number));
    const logits = { window, start: side(0), end: side(1) };
    perQuestion.set(window.question, [...(perQuestion.get(window.question) ?? []), logits]);
  }
  const found = (logits: WindowLogits[]) => bestAnswers(logits, { nBest, ...search });
  return new Map([...perQuestion].map(([question, logits]) => [question, found(logits)]));
}

const golden = new GoldenTensors("squad_answers.safetensors");

for (const language of LANGUAGES) {
  for (const version of ["squad_1", "squad_2"] as const) {
    const name = `XQuAD ${language}, ${version}: answers, their scores and those kept are transformers'`;
    test(name, { skip: withoutXquad }, async () => {
      const found = answersTo(
        await xquad(language),
        { maxAnswerLength, allowNoAnswer: version === "squad_2" },
        goldenLogit,
      );
      const results = [...found.values()];
      const expected = (key: string) => golden.values(`${language}.${version}.${key}`);
      const given = results.map((result) => answerGiven(result, nullThreshold));
      const spans = given.flatMap((span) => [span?.start ?? -1, span?.end ?? -1]);
      assert.deepEqual(spans, [...expected("answers")]);
      // The golden probabilities are sums in float32.
      const scores = results.map(({ span }) => span!.score);
      assertClose(scores, expected("scores"), { absolute: 1e-6 }, "scores");
      if (version === "squad_2") {
        const differences = results.map(({ noAnswerScore }) => noAnswerScore);
        // Sums of three numbers up to 16 in float32, added in another order.
        assertClose(differences, expected("differences"), { absolute: 4e-6 }, "differences");
      }

      const listed = results.slice(0, expected("listed.counts").length).map(({ kept }) => kept);
      assert.deepEqual(
        listed.map(({ length }) => length),
        [...expected("listed.counts")],
      );
      const listedSpans = listed.flat().flatMap(({ start, end }) => [start ?? -1, end ?? -1]);
      assert.deepEqual(listedSpans, [...expected("listed.spans")]);
      const listedScores = listed.flat().map(({ score }) => score);
      assertClose(listedScores, expected("listed.scores"), { absolute: 1e-6 }, "scores of those kept");
    });
  }

  test(`XQuAD ${language}: logits that know the answer give it`, { skip: withoutXquad }, async () => {
    const encoded = await xquad(language);
    const positions = encoded.windows.map(answerPositions);
    const knowing = (window: number, token: number, side: number) => {
      const { start, end } = positions[window]!;
      return token === (side === 0 ? start : end) ? (token === 0 ? 5 : 10) : 0;
    };
    let exact = 0;
    const search = { maxAnswerLength: 200, allowNoAnswer: true }; // some Chinese answers have more than 30 characters
    for (const [question, result] of answersTo(encoded, search, knowing)) {
      const span = answerGiven(result, 0)!;
      const text = question.context.text.slice(span.start, span.end);
      exact += squadScores(
        text,
        question.answers.map((answer) => answer.text),
      ).exactMatch;
    }
    // One answer of the English and two of the Spanish data end or begin within a token.
    assert.equal(exact, { en: 1189, es: 1188, zh: 1190 }[language]);
  });
}

/** A window of 2 tokens of the question and 6 of a context "ab cd ef gh ij kl". */
const window: QuestionWindow = {
  question: {
    text: "xx xx",
    inputIds: Int32Array.of(9, 9),
    context: {
      text: "ab cd ef gh ij kl",
      inputIds: new Int32Array(6),
      starts: Int32Array.from({ length: 6 }, (_, token) => 3 * token),
      ends: Int32Array.from({ length: 6 }, (_, token) => 3 * token + 2),
    },
    answers: [],
    location: "row 1",
  },
  first: 0,
  length: 6,
  contextStart: 4,
};

/** Logits of a window whose context's tokens have these; [CLS] has `cls`, other tokens -9. */
function logitsOf(start: number[], end: number[], cls = -9, of = window): WindowLogits {
  const row = (values: number[]) => Float32Array.of(cls, -9, -9, -9, ...values, -9);
  return { window: of, start: row(start), end: row(end) };
}

const spansOf = ({ kept }: BestAnswers) =>
  kept.map(({ start, end }) => (start === null ? null : [start, end]));

test("an answer lies in the context, ends no earlier than it starts, and is not too long", () => {
  const logits = logitsOf([0, 0, 5, 0, 0, 1], [4, 3, 0, 1, 2, 0]);
  const search = { nBest: 20, maxAnswerLength: 3, allowNoAnswer: false };
  const result = bestAnswers([logits], search);
  assert.deepEqual(result.span, { start: 6, end: 14, logit: 7, score: result.span!.score }); // "ef gh ij"
  for (const { start, end } of result.kept) {
    const tokens = (end! + 1 - start!) / 3;
    assert.ok(tokens >= 1 && tokens <= 3);
  }
  assert.equal(result.kept.length, 6 + 5 + 4);
  assert.deepEqual(bestAnswers([logits], { ...search, maxAnswerLength: 2 }).span!.end, 11); // "ef gh"
  assert.ok(Math.abs(result.kept.reduce((sum, { score }) => sum + score, 0) - 1) < 1e-12);
});

test("of two separators before the context, neither is part of an answer", () => {
  const behindTwo = { ...window, contextStart: 5 };
  const side = (position: number) => {
    const logits = new Float32Array(12);
    logits.set([9, 9], 3); // the separators
    logits[position] = 3;
    return logits;
  };
  const search = { nBest: 20, maxAnswerLength: 3, allowNoAnswer: false };
  const { span } = bestAnswers([{ window: behindTwo, start: side(5), end: side(6) }], search);
  assert.deepEqual([span!.start, span!.end, span!.logit], [0, 5, 6]); // "ab cd"
});

test("no answer is as probable as the window that believes it least says", () => {
  const second = { ...window, first: 3, length: 3 };
  const logits = [
    logitsOf([1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], 4),
    {
      window: second,
      start: Float32Array.of(3, -9, -9, -9, 0, 2, 0, -9),
      end: Float32Array.of(2, -9, -9, -9, 0, 2, 0, -9),
    },
  ];
  const result = bestAnswers(logits, { nBest: 3, maxAnswerLength: 3, allowNoAnswer: true });
  assert.equal(result.noAnswer!.logit, 5);
  assert.deepEqual([result.span!.start, result.span!.end, result.span!.logit], [12, 14, 4]);
  assert.equal(result.noAnswerScore, 1);
  assert.deepEqual(spansOf(result), [null, [12, 14], [0, 2]]);
  assert.equal(answerGiven(result, 0.5), null);
  assert.equal(answerGiven(result, 1), result.span); // not above the threshold
});

test("no answer is kept as the last where it is improbable, and the best span where only one is kept", () => {
  const logits = logitsOf([3, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0], -5);
  const search = { maxAnswerLength: 3, allowNoAnswer: true };
  assert.deepEqual(spansOf(bestAnswers([logits], { ...search, nBest: 2 })).at(-1), null);
  const sure = logitsOf([3, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0], 9);
  assert.deepEqual(spansOf(bestAnswers([sure], { ...search, nBest: 1 })), [null, [0, 2]]);
  assert.deepEqual(spansOf(bestAnswers([sure], { ...search, nBest: 1, allowNoAnswer: false })), [[0, 2]]);
});

test("where no likely start and end fit, the best pair of all is the answer", () => {
  const logits = logitsOf([0, 0, 0, 0, 0, 9], [8, 1, 0, 0, 0, 0]);
  const result = bestAnswers([logits], { nBest: 1, maxAnswerLength: 2, allowNoAnswer: false });
  assert.deepEqual(result.kept, [{ start: 15, end: 17, logit: 9, score: 1 }]); // "kl"
});

test("a context without tokens has no answer", () => {
  const empty = { ...window, length: 0 };
  const logits = { window: empty, start: new Float32Array(5), end: new Float32Array(5) };
  const search = { nBest: 20, maxAnswerLength: 30 };
  const result = bestAnswers([logits], { ...search, allowNoAnswer: true });
  assert.equal(answerGiven(result, 100), null);
  assert.deepEqual(result.kept, [{ start: null, end: null, logit: 0, score: 1 }]);
  assert.deepEqual(bestAnswers([logits], { ...search, allowNoAnswer: false }).kept, []);
});
