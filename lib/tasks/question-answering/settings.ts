import { join } from "node:path";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { Checkpoint } from "../checkpoint.js";

/** How a model reads questions and gives answers; kept in `config.json`. */
export interface QuestionSettings {
  /** Tokens of the context that neighbouring windows share. */
  docStride: number;
  /** The most tokens of a question. Default: questions are not cut. */
  maxQuestionLength?: number;
  /** The most tokens of an answer. */
  maxAnswerLength: number;
  /** How much the logit of no answer has to be above the best answer's; null where there always is an answer. */
  noAnswerThreshold: number | null;
}

/** The most tokens of an answer, and the shared ones of windows, in the paper's code. */
export const MAX_ANSWER_LENGTH = 30;
const DOC_STRIDE = 128;

/** The stride of windows of so many tokens: 128 of 384, and no more than a third of shorter ones. */
export function defaultDocStride(maxSeqLength: number): number {
  return Math.min(DOC_STRIDE, Math.floor(maxSeqLength / 3));
}

const storedSettings = z.looseObject({
  doc_stride: z.int().min(0).optional(),
  max_question_length: z.int().positive().optional(),
  max_answer_length: z.int().positive().default(MAX_ANSWER_LENGTH),
  no_answer_threshold: z.number().nullish(),
});

/** The settings of a saved model; the defaults for one that transformers saved. @throws ERR_CHECKPOINT */
export function readSettings({ directory, config }: Checkpoint, maxSeqLength: number): QuestionSettings {
  const parsed = storedSettings.safeParse(config);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `${join(directory, "config.json")}: ${path.join(".")}: ${message}`,
    );
  }
  const stored = parsed.data;
  return {
    docStride: stored.doc_stride ?? defaultDocStride(maxSeqLength),
    maxQuestionLength: stored.max_question_length,
    maxAnswerLength: stored.max_answer_length,
    noAnswerThreshold: stored.no_answer_threshold ?? null,
  };
}

/** The settings as `config.json` has them. */
export function settingsFields(settings: QuestionSettings): Partial<BertConfig> {
  return {
    doc_stride: settings.docStride,
    max_question_length: settings.maxQuestionLength,
    max_answer_length: settings.maxAnswerLength,
    no_answer_threshold: settings.noAnswerThreshold ?? undefined,
  };
}
