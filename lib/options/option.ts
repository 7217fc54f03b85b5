import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { expected } from "../errors.js";
import { isObject } from "../is-object.js";
import { innerOf, memberFor, type OptionsSchema, unwrap } from "./schema.js";

/** What an option says of itself beside its type, its default and its description. */
export interface OptionMeta {
  /** False where another value gives the same run, but for rounding, such as how often it logs. Default: true. */
  decidesResult?: boolean;
  /**
   * Whether all ranks of a run must have the same value: it decides the result, or what the ranks do together, such as evaluate.
   * Default: as `decidesResult`. False where what it comes to, with the rows and the model, is compared instead. Paths may
   * always differ.
   */
  sameOnAllRanks?: boolean;
  /** It names files or folders: what these hold counts, not where they are. Default: false. */
  isPath?: boolean;
  /** The default in words, where it is no one value; takes the place of the schema's own. */
  defaultText?: string;
  /** Whether a value, of the option's type, is the default where that depends on the other options: it is as if left out. */
  isDefault?: (value: never, options: never) => boolean;
  /** What a number counts or measures: tokens, rows, seconds. */
  unit?: string;
  /** Whether each value of its flag is one element of a list, with its commas. Default: commas part the elements. */
  keepsCommas?: boolean;
  /** A second name of its flag, which the option itself cannot have. */
  flag?: string;
  /** The TypeScript type's name, where zod cannot know it. */
  typeName?: string;
}

/**
 * What options say of themselves, put at the end of a field:
 * `z.int().default(100).describe("updates between lines of the log").register(optionMeta, { decidesResult: false })`.
 *
 * A registry of its own, as the compiler lets `.meta()` pass with any misspelt key. Unlike `.describe()`, `.register()`
 * changes the field itself: one that is shared is registered where it is defined.
 */
export const optionMeta = z.registry<OptionMeta>();

/** What a field says, and the field that it wraps as far as it says nothing else: `.optional()`, `.default()`. */
export function metaOf(field: z.core.$ZodType): OptionMeta {
  const inner = innerOf(field);
  return { ...(inner && metaOf(inner)), ...optionMeta.get(field) };
}

/** The description of a field, or else of the field that it wraps. */
export function descriptionOf(field: z.core.$ZodType): string | undefined {
  const inner = innerOf(field);
  return z.globalRegistry.get(field)?.description ?? (inner && descriptionOf(inner));
}

/** Whether another value of the option would make another run. */
export function decidesResult(field: z.core.$ZodType): boolean {
  return metaOf(field).decidesResult ?? true;
}

/** Whether the option names files or folders, whose contents count and not their path. */
export function isPath(field: z.core.$ZodType): boolean {
  return metaOf(field).isPath ?? false;
}

/** Whether a value makes another run than the option left out. */
function isGiven(field: z.core.$ZodType, value: unknown, options: object): boolean {
  return value !== undefined && !metaOf(field).isDefault?.(value as never, options as never);
}

/** The default of a field, or of the field that it wraps; undefined where there is none. */
export function defaultOf(field: z.core.$ZodType): unknown {
  const { def } = (field as z.core.$ZodTypes)._zod;
  if (def.type === "default" || def.type === "prefault") return def.defaultValue;
  const inner = innerOf(field);
  return inner && defaultOf(inner);
}

/**
 * Refuses options that another one leaves without a meaning. At its default, an option may as well have been left out.
 *
 * @param where what there is not: "without outputDir"
 * @throws ERR_OPTION for the first that has another value than its default
 */
export function refuseTold(
  schema: OptionsSchema,
  values: object,
  names: readonly string[],
  where: string,
): void {
  const given = values as Record<string, unknown>;
  const { shape } = memberFor(schema, values);
  const isTold = (name: string) =>
    given[name] !== undefined && !isDeepStrictEqual(given[name], defaultOf(shape[name]!));
  const told = names.find(isTold);
  if (told !== undefined) throw expected(`no value ${where}`, told, given[told]);
}

/**
 * The values that decide what a run computes, those that are paths left out: their contents are the caller's to compare.
 * In the schema's order, without what is undefined or at a default that other options give. Objects in options, and in arrays of them, are gone through as well.
 */
export function decidingOptions(schema: OptionsSchema, values: object): Record<string, unknown> {
  return chosenOptions(schema, values, decidesResult);
}

/** The values that all ranks of a run must have alike; else as `decidingOptions`. */
export function optionsOfAllRanks(schema: OptionsSchema, values: object): Record<string, unknown> {
  return chosenOptions(schema, values, (field) => metaOf(field).sameOnAllRanks ?? decidesResult(field));
}

type Choice = (field: z.core.$ZodType) => boolean;

function chosenOptions(schema: OptionsSchema, values: object, isChosen: Choice): Record<string, unknown> {
  const given = values as Record<string, unknown>;
  const fields = Object.entries(memberFor(schema, values).shape);
  const chosen = fields.filter(
    ([name, field]) => isGiven(field, given[name], values) && isChosen(field) && !isPath(field),
  );
  return Object.fromEntries(chosen.map(([name, field]) => [name, chosenPart(field, given[name], isChosen)]));
}

function chosenPart(field: z.core.$ZodType, value: unknown, isChosen: Choice): unknown {
  const inner = unwrap(field);
  if (inner instanceof z.ZodArray && Array.isArray(value))
    return value.map((item) => chosenPart(inner.element, item, isChosen));
  return inner instanceof z.ZodObject && isObject(value) ? chosenOptions(inner, value, isChosen) : value;
}
