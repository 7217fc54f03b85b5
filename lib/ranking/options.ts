import { z } from "zod";
import { SCORE_ACTIVATIONS } from "../checkpoint/sentence/score-activation.js";
import { optionMeta } from "../options/option.js";
import type { Truncatable } from "../tasks/texts/truncated.js";

const PROMPT = "the model's default_prompt_name; without one, none";

/** How `score()` makes numbers of pairs; the descriptions are the command's help. */
export const scoreOptions = z.strictObject({
  activation: z
    .enum(SCORE_ACTIVATIONS)
    .optional()
    .describe("what the model's output goes through")
    .register(optionMeta, { defaultText: "what the model's files say; without them, sigmoid" }),
  maxLength: z
    .int()
    .min(4)
    .optional()
    .describe("the most tokens of a pair: longer ones are cut")
    .register(optionMeta, { unit: "tokens", defaultText: "what the model's files say" }),
  prompt: z
    .string()
    .optional()
    .describe("what stands before the first text of each pair")
    .register(optionMeta, { defaultText: PROMPT }),
  promptName: z
    .string()
    .optional()
    .describe("the name of one of the model's prompts, in the place of prompt")
    .register(optionMeta, { defaultText: PROMPT }),
});

export type ScoreSettings = z.output<typeof scoreOptions>;

/** How `rank()` chooses among documents. */
export const rankOptions = scoreOptions.extend({
  topK: z
    .int()
    .positive()
    .optional()
    .describe("give the K best documents")
    .register(optionMeta, { unit: "documents", defaultText: "all" }),
  returnDocuments: z.boolean().default(false).describe("give each document itself, too"),
});

/** A document's place in a ranking. */
export interface RankedDocument extends Truncatable {
  /** Which of the documents it is, from 0. */
  index: number;
  /** As `model.score()` gives it: documents are sorted by it. */
  score: number;
  /** There where it was asked for. */
  document?: string;
}
