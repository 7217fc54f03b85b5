import { z } from "zod";
import { isRepositoryName } from "../hub/repository-name.js";
import { optionMeta } from "./option.js";

/** What the card of a saved model says that only its maker knows. It changes nothing that is computed. */
export const cardOptions = {
  languages: z
    .array(
      z
        .string()
        .regex(/^([a-z]{2,3}|multilingual|code)$/, 'a code such as en (ISO 639), "multilingual" or "code"'),
    )
    .min(1)
    .optional()
    .describe("languages of the texts, for the card of the saved model")
    .register(optionMeta, { defaultText: "the card has none", decidesResult: false }),
  license: z
    .string()
    .min(1)
    .optional()
    .describe("license of the saved model, for its card, as the Hub calls it: apache-2.0")
    .register(optionMeta, { defaultText: "that of the model's own card, if it says", decidesResult: false }),
  datasetName: z
    .string()
    .refine(isRepositoryName, "a name such as organisation/dataset")
    .optional()
    .describe("name of the data on the Hub, for the card of the saved model")
    .register(optionMeta, { defaultText: "the card names the files", decidesResult: false }),
};
