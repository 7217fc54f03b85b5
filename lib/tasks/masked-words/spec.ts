import { z } from "zod";
import { columnNamesOption, columnsOption } from "../../options/column-options.js";
import { optionMeta } from "../../options/option.js";
import { defineTask } from "../spec.js";
import { maskedWordsCard } from "./card.js";
import { maskCommandLine } from "./command-line.js";
import { maskingInspection } from "./inspection.js";
import type { MaskedWordsEvaluation, MaskedWordsPredictOptions, MaskPredictions } from "./prediction.js";

export type * from "./prediction.js";

interface Types {
  input: string;
  prediction: MaskPredictions;
  predictOptions: MaskedWordsPredictOptions;
  evaluation: MaskedWordsEvaluation;
}

/** The words at the masks of a text. @internal */
export const maskedWords = defineTask<Types>()({
  name: "masked-words",
  options: {
    columnNames: columnNamesOption,
    columns: columnsOption({
      text: z
        .string()
        .optional()
        .describe("column of the text")
        .register(optionMeta, { defaultText: "text" }),
    }),
    maskRate: z.number().gt(0).lt(1).default(0.15).describe("share of the tokens to predict"),
    wholeWord: z.boolean().default(false).describe("mask whole words"),
  },
  maxSeqLength: 128,
  inputs: { accepts: (input) => typeof input === "string", what: "a string" },
  predictOptions: {
    topK: z
      .int()
      .positive()
      .max(1000)
      .default(5)
      .describe("how many tokens to show for each mask")
      .register(optionMeta, { unit: "tokens" }),
  },
  explainedBy: ["target", "mask"],
  metrics: { perplexity: "lower", maskedAccuracy: "higher", loss: "lower" },
  loads: (head) => head === "masked-lm" || head === "pretraining",
  card: maskedWordsCard,
  inspection: maskingInspection,
  commandLine: maskCommandLine,
});
