import { z } from "zod";
import { dataError } from "../../data/data-error.js";
import { ROW_FILES } from "../../data/readers/rows.js";
import { describe, LibbertError } from "../../errors.js";
import type { Files, Format } from "../../options/row-options.js";
import { asCell } from "../../text-format.js";
import type { PredictionFormat, TaskCommandLine } from "../spec.js";
import { mistakeText } from "../texts/report-text.js";
import type { AnswerPrediction, QuestionInput } from "./prediction.js";
import { readQuestions } from "./rows.js";

/** A question as the command read it. */
export interface ReadQuestion extends QuestionInput {
  id?: string;
  location: string;
}

const flags = {
  question: z.string().optional().describe("the question to answer"),
  context: z.string().optional().describe("the text that may answer it"),
};

interface QuestionFlags {
  format?: Format;
  question?: string;
  context?: string;
}

/** How questions are read and their answers written. */
export const questionCommandLine: TaskCommandLine<ReadQuestion, AnswerPrediction> = {
  flags,
  given: "question",
  inputOf: givenQuestion,
  extensions: [".json", ...ROW_FILES],
  inputsOf: questionsOfFiles,
  text: () => ({
    line: ({ question }, { answer, score }) =>
      `${[asCell(answer ?? ""), score.toFixed(4), asCell(question)].join("\t")}\n`,
  }),
  json: () => ({
    line: ({ id, question }, prediction) => `${JSON.stringify({ id, question, ...prediction })}\n`,
  }),
  files: { ".json": squadFormat },
  report: mistakeText,
};

function givenQuestion({ question, context }: QuestionFlags): ReadQuestion {
  if (context !== undefined) return { question: question!, context, location: "--question" };
  throw new LibbertError("ERR_OPTION", "Expected --context beside --question: the text that may answer it", {
    option: "context",
  });
}

/** @throws LibbertError ERR_DATA, naming the location */
function questionsOfFiles(files: Files, { context, format }: QuestionFlags): AsyncIterable<ReadQuestion[]> {
  if (context !== undefined)
    throw new LibbertError("ERR_OPTION", "Expected --context beside --question, not beside --input", {
      option: "context",
    });
  return withoutAnswers(files, format);
}

/** Answers are not needed. */
async function* withoutAnswers(files: Files, format: Format | undefined): AsyncGenerator<ReadQuestion[]> {
  for await (const questions of readQuestions(files, { hasAnswers: false, format }))
    yield questions.map(({ answers: _, ...question }) => question);
}

/** What SQuAD's scripts read: the answer by the question's id, empty where there is none. */
function squadFormat(): PredictionFormat<ReadQuestion, AnswerPrediction> {
  const seen = new Set<string>();
  return {
    start: "{",
    line({ id, location }, { answer }, index) {
      if (id === undefined)
        throw dataError(location, "an id, by which a .json file names the answers,", "none");
      if (seen.has(id)) throw dataError(location, "an id that no other question has", describe(id));
      seen.add(id);
      return `${index === 0 ? "" : ","}\n  ${JSON.stringify(id)}: ${JSON.stringify(answer ?? "")}`;
    },
    end: "\n}\n",
  };
}
