import { z } from "zod";
import { describe, LibbertError } from "../errors.js";
import { isObject } from "../is-object.js";
import { parseOptions } from "../options/parse-options.js";
import { refused, ServingError } from "./serving-error.js";

/** What the bodies of all requests to models may say. */
export const commonFields = {
  model: z.string().nullish(),
};

/** What those of text-embeddings-inference say of texts that are too long. */
export const lengthFields = {
  truncate: z.boolean().nullish(),
  truncation_direction: z
    .string()
    .refine((end) => end === "right" || end === "Right", '"right", the end at which libbert cuts texts,')
    .nullish(),
};

/**
 * A request's body.
 *
 * @throws ServingError 400 for what is no object; LibbertError ERR_OPTION, naming the field that is wrong or unknown
 */
export function parseBody<Schema extends z.ZodObject>(schema: Schema, body: unknown): z.output<Schema> {
  if (!isObject(body))
    throw new ServingError(
      400,
      "Validation",
      `Expected a JSON object as the body but received ${describe(body)}`,
    );
  return parseOptions(schema, body);
}

/**
 * Refuses a request of no inputs, or of too many.
 *
 * @param name of the field that holds them
 */
export function checkCount(inputs: readonly unknown[], maxTexts: number, name: string): void {
  if (inputs.length === 0) throw new ServingError(400, "Empty", `Expected at least one element for ${name}`);
  if (inputs.length > maxTexts)
    throw refused(`Expected at most ${maxTexts} elements for ${name} but received ${inputs.length}`, 413);
}

/**
 * The error for the model's, where that is of a text that would be cut and may not.
 *
 * @param name of the field that holds the texts
 */
export function lengthRefusal(error: unknown, name: string): unknown {
  if (!(error instanceof LibbertError) || error.option !== "truncate") return error;
  return refused(
    error.message.replace(/^inputs/, () => name),
    413,
  );
}
