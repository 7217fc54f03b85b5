import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeQuestions, isLost } from "../../../lib/tasks/question-answering/encoded-questions.js";
import { type QuestionExample, readQuestions } from "../../../lib/tasks/question-answering/rows.js";
import { answerPositions, sequenceOf } from "../../../lib/tasks/question-answering/windows.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const tokenizer = TextTokenizer.fromVocab([...SPECIAL, "the", "film", "was", "warm", "##er", "it", "?", "."]);
const options = { maxLength: 20, docStride: 4 };

const CONTEXT = "The film was 🌊 warmer. It was the film.";
const warmer = { text: "warmer", answerStart: CONTEXT.indexOf("warmer") };

async function encoded(rows: Record<string, unknown>[], changes: { maxQuestionLength?: number } = {}) {
  const examples = readQuestions(rows.map((row) => ({ question: "was it ?", context: CONTEXT, ...row })));
  return encodeQuestions(examples, tokenizer, { ...options, ...changes });
}

test("a context has its tokens with where they stand in UTF-16 units, without special tokens, once for all questions", async () => {
  const { questions, windows } = await encoded([
    { id: "a", answers: [warmer] },
    { question: "the film ?", answers: [] },
  ]);
  const { context } = questions[0]!;
  assert.equal(questions[1]!.context, context);
  const texts = Array.from(context.starts, (start, token) => CONTEXT.slice(start, context.ends[token]));
  assert.deepEqual(texts, ["The", "film", "was", "🌊", "warm", "er", ".", "It", "was", "the", "film", "."]);
  const pieces = Array.from(context.inputIds, (id) => tokenizer.idToToken(id));
  assert.equal(pieces.join(" "), "the film was [UNK] warm ##er . it was the film .");

  assert.deepEqual(
    questions.map(({ id, location, inputIds }) => [id, location, [...inputIds]]),
    [
      ["a", "row 1", [7, 10, 11]],
      [undefined, "row 2", [5, 6, 11]],
    ],
  );
  assert.deepEqual(
    windows.map(({ question, first, length }) => [questions.indexOf(question), first, length]),
    [
      [0, 0, 12],
      [1, 0, 12],
    ],
  );
});

test("long contexts have several windows, in the questions' order", async () => {
  const { questions, windows } = await encoded([
    { context: "the film was ".repeat(8), answers: [] },
    { answers: [] },
  ]);
  assert.deepEqual(
    windows.map(({ question, first, length }) => [questions.indexOf(question), first, length]),
    [
      [0, 0, 14],
      [0, 10, 14],
      [1, 0, 12],
    ],
  );
});

test("answers that were moved, and questions whose answers are not in the context, are counted", async () => {
  const moved = { text: "warmer", answerStart: warmer.answerStart - 1 };
  const lost = { text: "colder", answerStart: 3 };
  const result = await encoded([
    { answers: [warmer] },
    { answers: [moved] },
    { answers: [moved, lost, moved] },
    { answers: [lost] },
    { answers: [lost, lost] },
    { answers: [] },
  ]);
  assert.equal(result.movedAnswers, 3);
  assert.equal(result.lostAnswers, 2);
  assert.deepEqual(result.questions.map(isLost), [false, false, false, true, true, false]);
});

test("a longer question than maxQuestionLength is cut and counted", async () => {
  const rows = [
    { question: "was it the film ?", answers: [] },
    { question: "was it ?", answers: [] },
  ];
  const cut = await encoded(rows, { maxQuestionLength: 3 });
  assert.equal(cut.cutQuestions, 1);
  assert.deepEqual(
    cut.questions.map(({ inputIds }) => [...inputIds]),
    [
      [7, 10, 5],
      [7, 10, 11],
    ],
  );
  const whole = await encoded(rows);
  assert.equal(whole.cutQuestions, 0);
  assert.equal(whole.questions[0]!.inputIds.length, 5);
});

test("a question that leaves no room for windows is named", async () => {
  const rows = [{ answers: [] }, { question: "was it the film ? ".repeat(3), answers: [] }];
  await assert.rejects(encoded(rows), {
    code: "ERR_DATA",
    message:
      "row 2: Expected a question of at most 12 tokens (its windows of 20 overlap by 4) but received 15 tokens",
  });
});

test("in a frame with two separators, windows are those that the tokenizer itself makes of question and context", async () => {
  const robertas = await TextTokenizer.load("test/golden/data/tokenizers/byte-level-bpe");
  assert.deepEqual([robertas.frame.between.length, robertas.frame.segments], [2, false]);
  const row = { question: "Who sang?", context: CONTEXT, answers: [warmer] };
  const { questions, windows } = await encodeQuestions(readQuestions([row]), robertas, {
    maxLength: 200,
    docStride: 4,
  });
  const [window] = windows;
  const { inputIds, tokenTypeIds, offsets } = await robertas.encode(row.question, row.context);
  assert.deepEqual(sequenceOf(window!, robertas.frame), { inputIds, tokenTypeIds });
  const { starts, ends } = questions[0]!.context;
  const ofContext = offsets.slice(window!.contextStart, -1);
  assert.deepEqual(
    ofContext,
    Array.from(starts, (start, token) => [start, ends[token]]),
  );
  const { start, end } = answerPositions(window!);
  assert.equal(CONTEXT.slice(offsets[start]![0], offsets[end]![1]), "warmer");
});

test("rows that come in several arrays keep their order, and those with the same context share it", async () => {
  const rows = Array.from({ length: 2500 }, (_, row) => ({
    question: row % 2 === 0 ? "was it ?" : "the film ?",
    context: CONTEXT,
    answers: [],
  }));
  const { questions } = await encodeQuestions(readQuestions(rows), tokenizer, options);
  assert.equal(questions.length, 2500);
  for (const row of [0, 1, 1023, 1024, 2499]) {
    assert.equal(questions[row]!.location, `row ${row + 1}`);
    assert.deepEqual([...questions[row]!.inputIds], row % 2 === 0 ? [7, 10, 11] : [5, 6, 11]);
    assert.equal(questions[row]!.context, questions[0]!.context);
  }
});

test("an abort ends reading before the next array", async () => {
  const controller = new AbortController();
  let arrays = 0;
  async function* many(): AsyncGenerator<QuestionExample[]> {
    while (arrays < 10) {
      if (++arrays === 3) controller.abort(new Error("enough"));
      yield [{ question: "was it ?", context: CONTEXT, answers: [], location: `row ${arrays}` }];
    }
  }
  const { signal } = controller;
  await assert.rejects(encodeQuestions(many(), tokenizer, { ...options, signal }), /^Error: enough$/);
  assert.equal(arrays, 3);
});
