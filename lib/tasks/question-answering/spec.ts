import { z } from "zod";
import { docStrideOption } from "../../features/doc-stride.js";
import { optionMeta } from "../../options/option.js";
import { defineTask } from "../spec.js";
import { questionAnsweringCard } from "./card.js";
import { questionCommandLine } from "./command-line.js";
import { questionInspection } from "./inspection.js";
import type {
  AnswerPrediction,
  QuestionAnsweringPredictOptions,
  QuestionEvaluation,
  QuestionInput,
} from "./prediction.js";

export type * from "./prediction.js";

const MAX_SEQ_LENGTH = 384;

interface Types {
  input: QuestionInput;
  prediction: AnswerPrediction;
  predictOptions: QuestionAnsweringPredictOptions;
  evaluation: QuestionEvaluation;
}

/** The part of a text that answers a question, as in SQuAD 1.1; or that there is none, as in 2.0. @internal */
export const questionAnswering = defineTask<Types>()({
  name: "question-answering",
  options: {
    docStride: docStrideOption(MAX_SEQ_LENGTH),
    maxQuestionLength: z
      .int()
      .positive()
      .optional()
      .describe("tokens to which longer questions are cut")
      .register(optionMeta, { unit: "tokens", defaultText: "they are not cut" }),
    maxAnswerLength: z
      .int()
      .positive()
      .default(30)
      .describe("tokens that a predicted answer may have")
      .register(optionMeta, { unit: "tokens" }),
  },
  maxSeqLength: MAX_SEQ_LENGTH,
  inputs: { accepts: isQuestion, what: '{question: "...", context: "..."}' },
  predictOptions: {
    nBest: z.int().positive().max(20).optional().describe("also give the N most probable answers, up to 20"),
    maxAnswerLength: z
      .int()
      .positive()
      .optional()
      .describe("tokens that an answer may have")
      .register(optionMeta, { unit: "tokens", defaultText: "as the model was trained for, or 30" }),
    noAnswerThreshold: z
      .number()
      .optional()
      .describe("say that there is no answer where its logit is more than this above the best answer's")
      .register(optionMeta, {
        defaultText:
          "as tuned in training; a model trained on questions that all have answers always gives one",
      }),
  },
  explainedBy: [],
  metrics: {
    f1: "higher",
    exactMatch: "higher",
    bestF1: "higher",
    bestExactMatch: "higher",
    hasAnswerF1: "higher",
    hasAnswerExactMatch: "higher",
    noAnswerF1: "higher",
    noAnswerExactMatch: "higher",
    loss: "lower",
  },
  loads: (head) => head === "question-answering",
  card: questionAnsweringCard,
  inspection: questionInspection,
  commandLine: questionCommandLine,
});

function isQuestion(input: unknown): boolean {
  const { question, context } = (input ?? {}) as Record<string, unknown>;
  return typeof question === "string" && typeof context === "string";
}
