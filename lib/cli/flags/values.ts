import type { Option } from "commander";
import type { z } from "zod";
import { unwrap } from "../../options/schema.js";

type Parser = (text: string, previous: unknown) => unknown;

/**
 * How commander reads the text behind a flag; undefined for one that is the value itself. What is wrong with a value is
 * the schema's to say.
 */
export function parserOf(field: z.core.$ZodType, byDefault: unknown): Parser | undefined {
  const { def } = (field as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "number":
      return numberOf;
    case "union":
      return (text) => anyOf(text, hasNumbers(field) ? numberOf : String);
    case "array": {
      const itemOf = (unwrap(def.element) as z.core.$ZodTypes)._zod.def.type === "number" ? numberOf : String;
      // What is given takes the default's place; given again, it is added to.
      return (text, list) => [
        ...(list === byDefault ? [] : (list as unknown[])),
        ...text.split(",").map((item) => itemOf(item)),
      ];
    }
    case "custom": // paths, as many as a shell makes of a pattern: a comma may be part of one
      return (path, before) => (before === undefined ? path : [before, path].flat());
    default:
      return undefined;
  }
}

/** A list with one more element, for a flag that is given once for each. */
export function withElement(text: string, list: unknown): string[] {
  return [...((list as string[] | undefined) ?? []), text];
}

/** A text that is no number is passed on. */
function numberOf(text: string): number | string {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

/** Whether some value that fits is, or holds, a number: else `1` is a text. */
function hasNumbers(field: z.core.$ZodType): boolean {
  const { def } = (unwrap(field) as z.core.$ZodTypes)._zod;
  if (def.type === "union") return def.options.some(hasNumbers);
  if (def.type === "array") return hasNumbers(def.element);
  return def.type === "record" ? hasNumbers(def.valueType) : def.type === "number";
}

/** A value of an option that takes several kinds: `0.5`, `word`, a list `1,2.5`, or by name `good=1,bad=2.5`. */
function anyOf(text: string, itemOf: (item: string) => unknown): unknown {
  const items = text.split(",");
  if (items.every((item) => item.includes("="))) {
    const pairs = items.map((item) => {
      const end = item.lastIndexOf("=");
      return [item.slice(0, end), itemOf(item.slice(end + 1))];
    });
    return Object.fromEntries(pairs);
  }
  return items.length > 1 ? items.map((item) => itemOf(item)) : itemOf(text);
}

/** The given flags' values in the schema's form. @param isGiven whether an attribute of commander's is the user's, no default */
export function givenOptions(
  flags: readonly { path: readonly string[]; option: Option }[],
  values: Readonly<Record<string, unknown>>,
  isGiven: (attribute: string) => boolean,
): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const { path, option } of flags) {
    const attribute = option.attributeName();
    if (!isGiven(attribute)) continue;
    const [name, inner] = path as [string, string?];
    const value = values[attribute];
    options[name] = inner === undefined ? value : { ...(options[name] as object), [inner]: value };
  }
  return options;
}
