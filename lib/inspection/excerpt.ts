import type { InspectedRow } from "../tasks/inspection.js";

/** Characters of a row's texts, and of what is right for it, that are kept to be shown. */
const EXCERPT_LENGTH = 120;

/** The texts of a row as one. */
export function joinedTexts(inputs: InspectedRow["inputs"]): string {
  return inputs.flat().join(" | ");
}

/** The beginning of a long text. */
export function excerptOf(text: string): string {
  return text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH - 3)}...` : text;
}
