import type { InspectedRow } from "../tasks/inspection.js";

/** Characters of a row's texts, and of what is right for it, that are kept to be shown. */
const EXCERPT_LENGTH = 120;

/** The texts of a row, each once: a query is read with each of its documents. */
export function distinctTexts(inputs: InspectedRow["inputs"]): string[] {
  return [...new Set(inputs.flat())];
}

/** The same as one text. */
export function joinedTexts(inputs: InspectedRow["inputs"]): string {
  return distinctTexts(inputs).join(" | ");
}

/** The beginning of a long text. */
export function excerptOf(text: string): string {
  return text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH - 3)}...` : text;
}
