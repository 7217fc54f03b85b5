import type { Evaluation } from "../evaluation.js";
import type { MistakeReport } from "../texts/mistakes.js";
import type { Truncatable } from "../texts/truncated.js";

export type { MaskedWordsPredictOptions } from "../predict-option-types.js";

/** A token that may stand at a mask, and its probability. */
export interface MaskPrediction {
  /** As the vocabulary has it, such as `##ing`. */
  token: string;
  /** Its probability, from 0 to 1. */
  score: number;
}

/** For each mask of a text its likeliest tokens; beside them, whether the text was cut. */
export interface MaskPredictions extends Array<MaskPrediction[]>, Truncatable {}

/** How well a model finds the masked words of texts. */
export interface MaskedWordsEvaluation extends Evaluation {
  /** exp(loss) */
  perplexity: number;
  /** Share of the masked words that come first. */
  maskedAccuracy: number;
  /** Mean cross entropy of a masked word. */
  loss: number;
  /** Texts. */
  rows: number;
  /** Words that were masked, and are predicted. */
  maskedWords: number;
  /** Texts without a word. */
  emptyTexts: number;
  /** Masked words that are not found, by their cross entropy: the text with `[MASK]` in the word's place. */
  report: MistakeReport<string>;
}
