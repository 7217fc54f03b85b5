import { z } from "zod";
import { calibrateOption, rawOption } from "../../calibration/options.js";
import { TOKEN_FEATURES } from "../../models/heads/token-features.js";
import { columnsOption, labelColumnOption } from "../../options/column-options.js";
import { classWeightsOption, labelSmoothingOption, labelsOption } from "../../options/label-options.js";
import { optionMeta } from "../../options/option.js";
import type { TokenClassificationPredictOptions } from "../predict-option-types.js";
import { defineTask } from "../spec.js";
import { tokenClassificationCard } from "./card.js";
import { entityCommandLine } from "./command-line.js";
import { taggingInspection } from "./inspection.js";
import type { EntityPrediction, TokenClassificationEvaluation } from "./prediction.js";
import { TAGGING_SCHEMES } from "./scheme.js";
import type { WordsInput } from "./words.js";

export type * from "./prediction.js";
export type { WordsInput } from "./words.js";

interface Types {
  input: WordsInput;
  prediction: EntityPrediction[];
  predictOptions: TokenClassificationPredictOptions;
  evaluation: TokenClassificationEvaluation;
}

const isString = (value: unknown) => typeof value === "string";

/** A tag for each word, which together mark named entities. @internal */
export const tokenClassification = defineTask<Types>()({
  name: "token-classification",
  options: {
    labels: labelsOption,
    columns: columnsOption({
      text: z
        .string()
        .optional()
        .describe("column of the words, or of the text")
        .register(optionMeta, { defaultText: "tokens or text" }),
      label: labelColumnOption("the tags of words, or the entities of a text", "tags or entities"),
    }),
    labelSmoothing: labelSmoothingOption,
    classWeights: classWeightsOption,
    scheme: z
      .enum(TAGGING_SCHEMES)
      .optional()
      .describe("how tags mark entities")
      .register(optionMeta, { defaultText: "what the training rows show, or BIO", sameOnAllRanks: false }),
    documentContext: z
      .boolean()
      .default(false)
      .describe("read a sentence with those around it in its document"),
    features: z
      .enum(TOKEN_FEATURES)
      .optional()
      .describe("what the new layer sees of a frozen encoder")
      .register(optionMeta, {
        defaultText: "last-hidden",
        isDefault: (features: string) => features === "last-hidden",
        sameOnAllRanks: false,
      }),
    calibrate: calibrateOption,
  },
  maxSeqLength: 128,
  inputs: {
    accepts: (input) => isString(input) || (Array.isArray(input) && input.every(isString)),
    what: "a string or an array of words",
  },
  predictOptions: { raw: rawOption },
  calibratedBy: ["temperature"],
  explainedBy: ["target", "word"],
  metrics: {
    f1: "higher",
    precision: "higher",
    recall: "higher",
    strictF1: "higher",
    strictPrecision: "higher",
    strictRecall: "higher",
    accuracy: "higher",
    macroF1: "higher",
    loss: "lower",
  },
  loads: (head) => head === "token-classification",
  card: tokenClassificationCard,
  inspection: taggingInspection,
  commandLine: entityCommandLine,
});
