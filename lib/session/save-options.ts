import { z } from "zod";
import { SENTENCE_POOLINGS } from "../checkpoint/sentence/model.js";
import { cardOptions } from "../options/card-options.js";
import { optionMeta } from "../options/option.js";

/** Options of `save()`. */
export const saveOptions = z.strictObject({
  overwrite: z.boolean().default(false).describe("allow a directory that holds files already"),
  ...cardOptions,
  pooling: z
    .enum(SENTENCE_POOLINGS)
    .optional()
    .describe("add files for sentence-transformers, which make one vector of a text's tokens in this way")
    .register(optionMeta, { defaultText: "the model's own files, if it has some" }),
  normalize: z
    .boolean()
    .optional()
    .describe("beside pooling: whether these vectors have length 1")
    .register(optionMeta, { defaultText: "true" }),
});
