/** Questions that a tiny model can learn to answer. */

import { tinyTraining } from "../support/tiny-training.js";
import { ADJECTIVES, NOUNS } from "../support/words.js";

export type QuestionRow = {
  question: string;
  context: string;
  answers: { text: string; answerStart: number }[];
};

/** Options for the tiny model, whose windows are short, so that every sixth context of `questionsOf` has several. */
export const tinyQuestions = {
  task: "question-answering",
  model: "test/golden/data/tiny-bert-questions",
  ...tinyTraining,
} as const;

/**
 * Contexts with one adjective, alone or with "very", which is the answer; the same for the same numbers.
 *
 * @param noAnswerEvery that many questions apart, there is no adjective and no answer. Default: never
 */
export function questionsOf(count: number, { first = 0, noAnswerEvery = 0 } = {}): QuestionRow[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const noun = NOUNS[number % NOUNS.length]!;
    const other = NOUNS[(number * 5 + 3) % NOUNS.length]!;
    const adjective = ADJECTIVES[(number * 7) % ADJECTIVES.length]!;
    const text = number % 3 === 0 ? `very ${adjective}` : adjective;
    const before = `${number % 6 === 0 ? `The ${other} and the ${noun}, `.repeat(5) : ""}the ${noun} of the ${other} was `;
    const after = number % 4 === 0 ? " to watch, and so on." : ", always.";
    const question = `was the ${noun} like that ?`;
    if (noAnswerEvery > 0 && number % noAnswerEvery === 0) {
      return { question, context: `${before}on${after}`, answers: [] };
    }
    return { question, context: before + text + after, answers: [{ text, answerStart: before.length }] };
  });
}
