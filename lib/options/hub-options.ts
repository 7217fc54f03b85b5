import { z } from "zod";
import { optionMeta } from "./option.js";
import { pathField } from "./path-option.js";

/** How data sets of the Hugging Face Hub are found. */
export const datasetOptions = {
  token: z
    .string()
    .min(1)
    .optional()
    .describe("the Hub's token for models and data sets that not everybody may read")
    .register(optionMeta, {
      defaultText: "`HF_TOKEN`, else what `hf auth login` has stored",
      decidesResult: false,
    }),
  cacheDir: pathField()
    .optional()
    .describe(
      "where models and data sets of the Hub are kept, in the layout that Python's huggingface_hub has",
    )
    .register(optionMeta, { defaultText: "`HF_HUB_CACHE`, else `hub` in `HF_HOME`", isPath: true }),
  localFilesOnly: z
    .boolean()
    .optional()
    .describe("fetch nothing: take what is in the cache")
    .register(optionMeta, { defaultText: "`HF_HUB_OFFLINE`", decidesResult: false }),
};

/** The same of a model that is given by its name. What it holds counts, not where it came from. */
export const hubOptions = {
  revision: z
    .string()
    .min(1)
    .optional()
    .describe("branch, tag or commit of a model that is given by its name on the Hub")
    .register(optionMeta, { defaultText: "`main`", isPath: true }),
  ...datasetOptions,
};

/** What is given in the place of a model's folder. */
export const MODEL = "folder of the model, or its name on the Hugging Face Hub";
