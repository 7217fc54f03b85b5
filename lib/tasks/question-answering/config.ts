import { z } from "zod";
import { NO_LABELS } from "../../checkpoint/labels.js";
import { defaultDocStride } from "../../features/doc-stride.js";
import type { ConfigJson, ModelConfig } from "../../models/model-config.js";
import { parseFields } from "../../options/parse-fields.js";
import type { HeadConfig } from "../head.js";

/** How a model reads questions and gives answers. */
export interface QuestionConfig extends HeadConfig {
  /** Tokens of the context that neighbouring windows share. */
  docStride: number;
  /** The most tokens of a question. Default: questions are not cut. */
  maxQuestionLength?: number;
  /** The most tokens of an answer. */
  maxAnswerLength: number;
  /** How much the logit of no answer has to be above the best answer's; null where there always is an answer. */
  noAnswerThreshold: number | null;
}

/** The most tokens of an answer in the paper's code. */
const MAX_ANSWER_LENGTH = 30;

const storedFields = z.looseObject({
  doc_stride: z.int().min(0).optional(),
  max_question_length: z.int().positive().optional(),
  max_answer_length: z.int().positive().default(MAX_ANSWER_LENGTH),
  no_answer_threshold: z.number().nullish(),
});

/**
 * What the `config.json` of a saved model says; the defaults for one that transformers saved.
 *
 * @throws LibbertError ERR_CHECKPOINT
 */
export function storedConfig(
  { json, source }: Pick<ModelConfig, "json" | "source">,
  maxSeqLength: number,
): QuestionConfig {
  const stored = parseFields(storedFields, json, source);
  return {
    labels: [],
    docStride: stored.doc_stride ?? defaultDocStride(maxSeqLength),
    maxQuestionLength: stored.max_question_length,
    maxAnswerLength: stored.max_answer_length,
    noAnswerThreshold: stored.no_answer_threshold ?? null,
  };
}

/** The same as fields of `config.json`. */
export function configFields(config: QuestionConfig): ConfigJson {
  return {
    ...NO_LABELS,
    doc_stride: config.docStride,
    max_question_length: config.maxQuestionLength,
    max_answer_length: config.maxAnswerLength,
    no_answer_threshold: config.noAnswerThreshold ?? undefined,
  };
}
