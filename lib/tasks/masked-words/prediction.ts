import { z } from "zod";

/** A token that may stand at a mask, and its probability. */
export interface MaskPrediction {
  token: string;
  score: number;
}

/** What `predict` takes for masked words. */
export const maskPredictOptions = z.strictObject({
  topK: z.int().positive().max(1000).default(5).describe("how many tokens to show for each mask"),
});

/** How well a model finds the masked words of texts. */
export interface MaskedWordsEvaluation {
  /** exp(loss) */
  perplexity: number;
  /** Share of the masked words that come first. */
  maskedAccuracy: number;
  /** Mean cross entropy of a masked word. */
  loss: number;
  /** Texts. */
  rows: number;
  maskedWords: number;
  emptyTexts: number;
}
