import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeQuestions, isLost } from "../../../lib/data/questions/encoded-questions.js";
import { readQuestions } from "../../../lib/data/questions/question-rows.js";
import { BertTokenizer } from "../../../lib/tokenizer/bert-tokenizer.js";

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const tokenizer = BertTokenizer.fromVocab([...SPECIAL, "the", "film", "was", "warm", "##er", "it", "?", "."]);
const options = { maxLength: 20, docStride: 4 };

const CONTEXT = "The film was 🌊 warmer. It was the film.";
const warmer = { text: "warmer", answerStart: CONTEXT.indexOf("warmer") };

async function encoded(rows: Record<string, unknown>[], changes: { maxQuestionLength?: number } = {}) {
  const examples = readQuestions(rows.map((row) => ({ question: "was it ?", context: CONTEXT, ...row })));
  return encodeQuestions(examples, tokenizer, { ...options, ...changes });
}

test("a context has its tokens with their places in UTF-16 units, without special tokens, once for all questions", async () => {
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
    questions.map(({ id, place, inputIds }) => [id, place, [...inputIds]]),
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
