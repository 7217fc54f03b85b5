import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { CounterRandom } from "../../../lib/counter-random.js";
import {
  answerPositions,
  type EncodedQuestion,
  type QuestionWindow,
  sequenceOf,
  windowsOf,
  windowTokens,
} from "../../../lib/tasks/question-answering/windows.js";
import { type Frame, specialTokenCount } from "../../../lib/tokenizer/frame.js";
import { GoldenTensors } from "../../support/golden.js";
import { LANGUAGES, squadGolden, withoutXquad, xquad } from "../../support/xquad.js";

/** Of MiniLM's vocabulary: [CLS] question [SEP] context [SEP]. */
const BERT: Frame = { open: [101], between: [102], close: [102], segments: true };
/** <s> question </s></s> context </s> */
const ROBERTA: Frame = { open: [0], between: [2, 2], close: [2], segments: false };

/** A question of so many tokens about a context of words of three letters, "abc abc abc". */
function syntheticQuestion(
  questionTokens: number,
  contextTokens: number,
  answer?: { start: number; length: number },
): EncodedQuestion {
  const text = Array(contextTokens).fill("abc").join(" ");
  return {
    text: "a question",
    inputIds: Int32Array.from({ length: questionTokens }, (_, token) => 1000 + token),
    context: {
      text,
      inputIds: Int32Array.from({ length: contextTokens }, (_, token) => 2000 + token),
      starts: Int32Array.from({ length: contextTokens }, (_, token) => 4 * token),
      ends: Int32Array.from({ length: contextTokens }, (_, token) => 4 * token + 3),
    },
    answers: answer
      ? [{ text: text.slice(answer.start, answer.start + answer.length), start: answer.start, moved: false }]
      : [],
    location: "row 1",
  };
}

/** Draws integers from 0 to below a limit, always the same ones. */
function drawer(seed: number): (limit: number) => number {
  const random = new CounterRandom(seed, 0);
  let draws = 0;
  return (limit) => Math.floor(random.uniform(draws++) * limit);
}

const spansOf = (windows: QuestionWindow[]) => windows.map(({ first, length }) => [first, length]);

/** What of the context lies between these positions of the window. */
function textAt(window: QuestionWindow, { start, end }: { start: number; end: number }): string {
  const { text, starts, ends } = window.question.context;
  const offset = window.first - window.contextStart;
  return text.slice(starts[start + offset], ends[end + offset]);
}

test("a context that fits is one window; a longer one goes on where the overlap begins", () => {
  const options = { maxLength: 20, docStride: 4 };
  // Beside 7 tokens of the question 10 of the context have room.
  const expected: [contextTokens: number, windows: number[][]][] = [
    [0, [[0, 0]]],
    [9, [[0, 9]]],
    [10, [[0, 10]]],
    [
      11,
      [
        [0, 10],
        [6, 5],
      ],
    ],
    [
      16,
      [
        [0, 10],
        [6, 10],
      ],
    ],
    [
      17,
      [
        [0, 10],
        [6, 10],
        [12, 5],
      ],
    ],
  ];
  for (const [tokens, windows] of expected) {
    assert.deepEqual(
      spansOf(windowsOf(syntheticQuestion(7, tokens), options, BERT)),
      windows,
      `${tokens} tokens`,
    );
  }
});

test("a window is [CLS] question [SEP] part of the context [SEP]", () => {
  const windows = windowsOf(syntheticQuestion(2, 8), { maxLength: 10, docStride: 2 }, BERT);
  assert.deepEqual(spansOf(windows), [
    [0, 5],
    [3, 5],
  ]);
  assert.deepEqual(sequenceOf(windows[1]!, BERT), {
    inputIds: Int32Array.of(101, 1000, 1001, 102, 2003, 2004, 2005, 2006, 2007, 102),
    tokenTypeIds: Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1, 1, 1),
  });
  assert.equal(windowTokens(windows[1]!, BERT), 10);
});

test("two separators take room, stand before the context, and may leave all token types 0", () => {
  const windows = windowsOf(syntheticQuestion(2, 8), { maxLength: 11, docStride: 2 }, ROBERTA);
  assert.deepEqual(spansOf(windows), [
    [0, 5],
    [3, 5],
  ]);
  assert.deepEqual(sequenceOf(windows[1]!, ROBERTA), {
    inputIds: Int32Array.of(0, 1000, 1001, 2, 2, 2003, 2004, 2005, 2006, 2007, 2),
    tokenTypeIds: new Uint8Array(11),
  });
  assert.deepEqual([windows[1]!.contextStart, windowTokens(windows[1]!, ROBERTA)], [5, 11]);
  const answered = windowsOf(
    syntheticQuestion(2, 8, { start: 16, length: 7 }),
    { maxLength: 11, docStride: 2 },
    ROBERTA,
  );
  assert.deepEqual(answered.map(answerPositions), [
    { start: 0, end: 0 },
    { start: 6, end: 7 },
  ]);
});

test("whatever the lengths and the frame, windows cover the context in order and overlap by the stride", () => {
  const below = drawer(5);
  for (let round = 0; round < 2000; round++) {
    const docStride = below(20);
    const question = syntheticQuestion(below(12), below(200));
    const capacity = docStride + 1 + below(40);
    const frame = round % 2 === 0 ? BERT : ROBERTA;
    const maxLength = capacity + question.inputIds.length + specialTokenCount(frame, 2);
    const windows = windowsOf(question, { maxLength, docStride }, frame);
    const tokens = question.context.inputIds.length;
    assert.equal(windows[0]!.first, 0);
    for (const [index, { first, length }] of windows.entries()) {
      const next = windows[index + 1];
      if (!next) assert.equal(first + length, tokens);
      else {
        assert.equal(length, capacity);
        assert.equal(next.first, first + length - docStride);
        assert.ok(first + length < tokens);
      }
    }
  }
});

test("whatever the lengths and the frame, an answer is recovered from every window that holds it whole, and from no other", () => {
  const below = drawer(6);
  let found = 0;
  for (let round = 0; round < 2000; round++) {
    const contextTokens = 1 + below(120);
    const firstToken = below(contextTokens);
    const lastToken = firstToken + below(Math.min(8, contextTokens - firstToken));
    const answer = { start: 4 * firstToken, length: 4 * (lastToken - firstToken) + 3 };
    const question = syntheticQuestion(below(6), contextTokens, answer);
    const frame = round % 2 === 0 ? BERT : ROBERTA;
    for (const window of windowsOf(question, { maxLength: 30, docStride: 8 }, frame)) {
      const positions = answerPositions(window);
      const isWhole = firstToken >= window.first && lastToken < window.first + window.length;
      if (!isWhole) assert.deepEqual(positions, { start: 0, end: 0 });
      else {
        assert.equal(textAt(window, positions), question.answers[0]!.text);
        assert.equal(positions.start, window.contextStart + firstToken - window.first);
        found++;
      }
    }
  }
  assert.ok(found > 1500);
});

test("an answer that begins or ends within a token takes the whole token", () => {
  const window = (start: number, length: number) =>
    windowsOf(syntheticQuestion(3, 10, { start, length }), { maxLength: 30, docStride: 8 }, BERT)[0]!;
  assert.equal(textAt(window(9, 4), answerPositions(window(9, 4))), "abc abc"); // "bc a"
  assert.equal(textAt(window(38, 1), answerPositions(window(38, 1))), "abc"); // the last letter of all
});

test("without an answer that the context has, and without a context, the positions are those of [CLS]", () => {
  const options = { maxLength: 30, docStride: 8 };
  const lost = { ...syntheticQuestion(3, 10), answers: [{ text: "x", start: null, moved: false }] };
  const found = { text: "abc", start: 8, moved: false };
  const none = { start: 0, end: 0 };
  assert.deepEqual(answerPositions(windowsOf(syntheticQuestion(3, 10), options, BERT)[0]!), none);
  assert.deepEqual(answerPositions(windowsOf(lost, options, BERT)[0]!), none);
  assert.deepEqual(
    answerPositions(windowsOf({ ...syntheticQuestion(3, 0), answers: [found] }, options, BERT)[0]!),
    none,
  );
  const second = { ...lost, answers: [...lost.answers, found] };
  assert.deepEqual(answerPositions(windowsOf(second, options, BERT)[0]!), { start: 7, end: 7 });
});

test("a question beside which windows would not get ahead is an error that says how long it may be", () => {
  const options = { maxLength: 20, docStride: 4 };
  assert.equal(windowsOf(syntheticQuestion(12, 6), options, BERT).length, 2);
  assert.equal(windowsOf(syntheticQuestion(16, 1), options, BERT).length, 1); // all fits
  assert.throws(() => windowsOf(syntheticQuestion(13, 6), options, BERT), {
    code: "ERR_DATA",
    message:
      "row 1: Expected a question of at most 12 tokens (its windows of 20 overlap by 4) but received 13 tokens",
  });
  assert.throws(() => windowsOf(syntheticQuestion(40, 0), options, BERT), { code: "ERR_DATA" });
  assert.throws(() => windowsOf(syntheticQuestion(13, 6), options, ROBERTA), {
    message: /^row 1: Expected a question of at most 11 tokens /,
  });
});

for (const language of LANGUAGES) {
  test(`XQuAD ${language}: the windows and the answers' positions are those of transformers`, {
    skip: withoutXquad,
  }, async () => {
    const golden = new GoldenTensors("squad_answers.safetensors");
    const { questions, windows, movedAnswers, lostAnswers } = await xquad(language);
    assert.deepEqual([questions.length, movedAnswers, lostAnswers], [1190, 0, 0]);
    const numberOf = new Map(questions.map((question, number) => [question, number]));
    const own = {
      window_questions: windows.map(({ question }) => numberOf.get(question)!),
      window_lengths: windows.map((window) => windowTokens(window, BERT)),
      places: windows.flatMap((window) => Object.values(answerPositions(window))),
    };
    for (const [name, values] of Object.entries(own)) {
      assert.deepEqual(values, [...golden.values(`${language}.${name}`)], name);
    }
    const digest = createHash("sha256");
    for (const window of windows) digest.update(sequenceOf(window, BERT).inputIds);
    assert.equal(digest.digest("hex"), squadGolden.sha256OfIds[language]);
  });

  test(`XQuAD ${language}: every answer is in a window, and its positions give its text`, {
    skip: withoutXquad,
  }, async () => {
    const { windows } = await xquad(language);
    const found = new Map<EncodedQuestion, string>();
    const all = new Set<EncodedQuestion>();
    for (const window of windows) {
      all.add(window.question);
      const positions = answerPositions(window);
      if (positions.start > 0) found.set(window.question, textAt(window, positions));
    }
    assert.equal(found.size, all.size);
    // Where an answer ends within a number or begins within a word, its positions give the whole.
    const inexact = [...found].filter(([{ answers }, text]) => text !== answers[0]!.text);
    assert.equal(inexact.length, { en: 1, es: 2, zh: 0 }[language]);
    for (const [{ answers }, text] of inexact) assert.ok(text.includes(answers[0]!.text));
  });
}
