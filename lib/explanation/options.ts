import { z } from "zod";
import { optionMeta } from "../options/option.js";

/** How `explain()` looks for reasons; the descriptions are the command's help. */
export const explainOptions = z.strictObject({
  target: z
    .union([z.string(), z.int().min(0)], "a label, or the index of a choice")
    .optional()
    .describe("the label to explain, or the index of a choice")
    .register(optionMeta, { defaultText: "what is predicted" }),
  word: z
    .int()
    .min(0)
    .optional()
    .describe("with token-classification: the word whose tag to explain, from 0")
    .register(optionMeta, { defaultText: "the one that is most certainly an entity's" }),
  steps: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe("points on the way from padding to the text at which gradients are computed")
    .register(optionMeta, {
      unit: "steps",
      defaultText: "16, doubled up to 512 until attributions add up to what they explain",
    }),
});

export type ExplainSettings = z.output<typeof explainOptions>;
