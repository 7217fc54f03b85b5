import type { z } from "zod";
import { defaultOf, descriptionOf, metaOf } from "../../options/option.js";

/** What an option is, and its default where that is in words: one that is a value is commander's to show. */
export function meaningOf(field: z.core.$ZodType): string {
  const { defaultText } = metaOf(field);
  return withDefault(descriptionText(field), defaultText);
}

/** What an option is, and its default, whatever that is. */
export function completeMeaningOf(field: z.core.$ZodType): string {
  const { defaultText } = metaOf(field);
  const value = defaultOf(field);
  const valueText = value === undefined ? undefined : JSON.stringify(value);
  return withDefault(descriptionText(field), defaultText ?? valueText);
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
