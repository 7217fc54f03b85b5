import { describe } from "../../errors.js";
import type { RowFault, TaskInspection } from "../inspection.js";
import { isInsideWord } from "../texts/word-boundary.js";
import { type QuestionExample, readQuestions } from "./rows.js";

/** A question is read with its context, which has several windows where it is long. */
export const questionInspection: TaskInspection = {
  options: [],
  longTexts: "windows",
  counted: "questions",
  async *rows(source, { name, limit, onRow, onBrokenRow }) {
    for await (const questions of readQuestions(source, { name, limit, onRow, onBrokenRow }))
      yield questions.map((question) => ({
        location: question.location,
        inputs: [[question.question, question.context]],
        target: answerTexts(question).join(" | "),
        labels: [question.answers.length > 0 ? "with an answer" : "without an answer"],
        faults: faultsOf(question),
      }));
  },
};

function answerTexts({ answers }: QuestionExample): string[] {
  return [...new Set(answers.map(({ text }) => text))].sort();
}

function faultsOf({ answers, context }: QuestionExample): RowFault[] {
  return answers.flatMap(({ text, start, moved }): RowFault[] => {
    if (start === null)
      return [
        { kind: "lost-answer", what: "answers that their contexts do not have", detail: describe(text) },
      ];
    if (moved) {
      const what = "answers that do not stand where the offset says";
      return [{ kind: "moved-answer", what, detail: `${describe(text)} stands at ${start}` }];
    }
    if (!isInsideWord(context, start) && !isInsideWord(context, start + text.length)) return [];
    const what = "answers that begin or end inside a word";
    return [{ kind: "answer-inside-word", what, detail: describe(text) }];
  });
}
