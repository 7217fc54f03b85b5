import { z } from "zod";
import { shown } from "../../options/parse-fields.js";
import { SENTENCE_POOLINGS, type SentenceModel, type SentencePooling } from "./model.js";
import { type ModuleEntry, ownFields, Unsupported } from "./module-entry.js";

const poolingSchema = z.looseObject({
  pooling_mode: z.union([z.string(), z.array(z.string())]).nullish(),
  include_prompt: z.boolean().default(true),
});

/** The fields of old versions, one for each pooling, in the order in which the vectors lie side by side. */
const OLD_FIELDS: readonly (readonly [string, SentencePooling])[] = [
  ["pooling_mode_cls_token", "cls"],
  ["pooling_mode_max_tokens", "max"],
  ["pooling_mode_mean_tokens", "mean"],
  ["pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"],
  ["pooling_mode_weightedmean_tokens", "weightedmean"],
  ["pooling_mode_lasttoken", "lasttoken"],
];
const KNOWN_FIELDS = new Set([
  ...OLD_FIELDS.map(([field]) => field),
  ...["pooling_mode", "include_prompt", "word_embedding_dimension", "embedding_dimension"],
]);

/** Where the file of a pooling is missing, as its own defaults have it: the mean. */
export function poolingOf(
  directory: string,
  module: ModuleEntry,
): Pick<SentenceModel, "poolings" | "includePrompt"> {
  const fields = ownFields(poolingSchema, directory, module) ?? poolingSchema.parse({});
  const unknown = Object.keys(fields).find((field) => !KNOWN_FIELDS.has(field));
  if (unknown !== undefined) throw new Unsupported(`a pooling with ${unknown}`);
  const old = OLD_FIELDS.filter(([field]) => Boolean(fields[field])).map(([, pooling]) => pooling);
  const names = fields.pooling_mode ?? (old.length > 0 ? old : "mean");
  const poolings = typeof names === "string" ? [names] : names;
  const other = poolings.find((name) => !(SENTENCE_POOLINGS as readonly string[]).includes(name));
  if (other !== undefined || poolings.length === 0) throw new Unsupported(`the pooling ${shown(names)}`);
  return { poolings: poolings as SentencePooling[], includePrompt: fields.include_prompt };
}
