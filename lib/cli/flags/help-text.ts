import type { z } from "zod";
import { defaultOf, descriptionOf, metaOf } from "../../options/option.js";
import { numberText } from "../../text-format.js";

/** What an option is, and its default where that is in words: one that is a value is commander's to show. */
export function meaningOf(field: z.core.$ZodType): string {
  const { defaultText } = metaOf(field);
  return withDefault(descriptionText(field), defaultText);
}

/** What an option is, and its default, whatever that is. */
export function completeMeaningOf(field: z.core.$ZodType): string {
  const { defaultText } = metaOf(field);
  return withDefault(descriptionText(field), defaultText ?? defaultValueText(defaultOf(field)));
}

/** A default as it would be written behind its flag: `5e-5`, `-1`, `16,32`; texts in quotes. */
export function defaultValueText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number") return numberText(value);
  return Array.isArray(value) ? value.map(defaultValueText).join(",") : JSON.stringify(value);
}

/** What an option is, without its default. */
export function descriptionText(field: z.core.$ZodType): string {
  return plain(descriptionOf(field) ?? "");
}

/** Descriptions and defaults are Markdown, of which they use the backticks alone. */
function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}

function withDefault(description: string, defaultText: string | undefined): string {
  return defaultText === undefined ? description : `${description} (default: ${plain(defaultText)})`;
}
