import { type Content, html } from "../html.js";
import type { StoredExplanation } from "../read/evaluation-report.js";

/** Shades of `style.css`. */
const SHADES = 5;
/** Of the word that adds the most: what adds less is not marked. */
const LEAST_SHARE = 0.25;

/**
 * A text with the words marked that add the most to what the model says, or take it away: each with its number, whose sign tells
 * which, beside the colour.
 *
 * @param index of the text among those of the row
 */
export function markedWords(text: string, index: number, { words }: StoredExplanation): Content {
  const sizes = words.map(({ attribution }) => Math.abs(attribution ?? 0));
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  if (largest === 0) return text;
  const digits = Math.min(20, Math.max(0, 1 - Math.floor(Math.log10(largest)))); // two of the largest
  const parts: Content[] = [];
  let end = 0;
  for (const word of words) {
    const attribution = word.attribution ?? 0;
    const share = Math.abs(attribution) / largest;
    if (word.text !== index || share < LEAST_SHARE) continue;
    const kind = attribution < 0 ? "against" : "for";
    parts.push(text.slice(end, word.start));
    parts.push(
      html`<mark class="${kind} strength-${Math.ceil(share * SHADES)}">${text.slice(word.start, word.end)}<sub>${signed(attribution, digits)}</sub></mark>`,
    );
    end = word.end;
  }
  return [...parts, text.slice(end)];
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
}
