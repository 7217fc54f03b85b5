import { z } from "zod";
import { predictionComputeOptions } from "../options/compute-options.js";
import { hubOptions } from "../options/hub-options.js";
import { optionMeta } from "../options/option.js";
import { pathField } from "../options/path-option.js";

/** How much is accepted of clients. */
export const limitOptions = {
  maxTexts: z
    .int()
    .min(1)
    .default(32)
    .describe("inputs of one request; more are refused with status 413")
    .register(optionMeta, { unit: "inputs" }),
  maxQueue: z
    .int()
    .min(1)
    .default(1024)
    .describe(
      "inputs of one model that are accepted and not answered yet; a request for more is refused with status 429",
    )
    .register(optionMeta, { unit: "inputs" }),
  maxBody: z
    .int()
    .min(1)
    .default(1_000_000)
    .describe("size of a request; larger ones are refused with status 413")
    .register(optionMeta, { unit: "bytes" }),
  timeout: z
    .number()
    .positive()
    .max(86_400)
    .default(30)
    .describe("how long a request may take; then it leaves the queue, and is answered with status 503")
    .register(optionMeta, { unit: "seconds" }),
  truncate: z
    .boolean()
    .default(false)
    .describe(
      "cut texts that are longer than the model reads, where a request does not say; without it they are refused with status 413",
    ),
};

/** How models are found and what they compute with, all alike. */
export const servedModelOptions = {
  ...hubOptions,
  ...predictionComputeOptions,
};

/** Options of `libbertPlugin`. */
export const servingOptions = z.strictObject({
  models: z
    .record(z.string().regex(/^(?!\d+$)./s, "a name that is no number"), pathField()) // numbers would come first
    .refine((models) => Object.keys(models).length > 0, "at least one model")
    .describe(
      "folders of models, or their names on the Hugging Face Hub, by the names that requests have for them; the first is for requests that name none",
    ),
  bearerToken: z
    .string()
    .min(1)
    .optional()
    .describe("what requests must have in `Authorization: Bearer …`, but for `GET /health`")
    .register(optionMeta, { defaultText: "none is asked for, and there is no `POST /reload`" }),
  ...limitOptions,
  ...servedModelOptions,
});

export type ServingSettings = z.output<typeof servingOptions>;
