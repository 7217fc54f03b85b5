import type { Evaluation } from "../evaluation.js";
import type { MistakeReport } from "../texts/mistakes.js";
import type { Truncatable } from "../texts/truncated.js";

export type { QuestionAnsweringPredictOptions } from "../predict-option-types.js";

/** A question, and the text that may answer it. */
export interface QuestionInput {
  /** What is asked. */
  question: string;
  /** The text that may hold the answer. */
  context: string;
}

/** An answer: a part of the context, or that there is none. */
export interface Answer {
  /** `context.slice(start, end)`; null where there is no answer. */
  answer: string | null;
  /** Where the answer begins in the context, in UTF-16 units; null where there is none. */
  start: number | null;
  /** Behind its last UTF-16 unit; null where there is none. */
  end: number | null;
  /** Its probability among the answers considered. */
  score: number;
}

/** The answer to one question. */
export interface AnswerPrediction extends Answer, Truncatable {
  /** With the option `nBest`: the most probable answers, best first. */
  nBest?: Answer[];
}

/** Metrics of a model on questions with their right answers; exact match and F1 in percent, as the field reports them. */
export interface QuestionEvaluation extends Evaluation {
  /** As SQuAD's official scripts have them, with the model's threshold where it may say that there is no answer. */
  exactMatch: number;
  /** Mean F1 of the answers' words, in percent, as SQuAD's official scripts have it. */
  f1: number;
  /** Mean cross entropy of start and end over the windows. */
  loss: number;
  /** Questions. */
  rows: number;
  /** Windows that the contexts were read in. */
  windows: number;
  /** Answers that the context has, but not where the row says. */
  movedAnswers: number;
  /** Questions with answers none of which the context has: they count in all figures but the loss. */
  lostAnswers: number;
  /** Questions that lost tokens. */
  cutQuestions: number;
  /**
   * Questions whose answer matches none of the right ones, with the part of the context that has it; null is no answer. A question's
   * loss is that of its worst window. Questions whose contexts do not have their answers are left out.
   */
  report: MistakeReport<string | null>;

  // Where some questions have no answer, or the model may say so, as SQuAD 2.0's script has them:
  /** Questions that have an answer. */
  hasAnswerRows?: number;
  /** `exactMatch` of those with an answer alone, in percent. */
  hasAnswerExactMatch?: number;
  /** `f1` of those with an answer alone, in percent. */
  hasAnswerF1?: number;
  /** Questions that have no answer. */
  noAnswerRows?: number;
  /** The share of those without an answer that the model gives none, in percent. */
  noAnswerExactMatch?: number;
  /** The same as `noAnswerExactMatch`: no answer has no words to share. */
  noAnswerF1?: number;
  /** The exact match, in percent, that the best threshold for these questions would give. */
  bestExactMatch?: number;
  /** The `noAnswerThreshold` of `predict()` that would give it. */
  bestExactMatchThreshold?: number;
  /** The F1, in percent, that the best threshold for these questions would give. */
  bestF1?: number;
  /** The `noAnswerThreshold` of `predict()` that would give it. */
  bestF1Threshold?: number;
}
