import { toUtf16Offsets } from "../../tokenizer/utf16-offsets.js";

interface Span {
  start: number;
  end: number;
}

const LETTER_BEFORE = /[\p{L}\p{M}\p{N}]$/u;
const LETTER_BEHIND = /^[\p{L}\p{M}\p{N}]/u;

/**
 * Where a span stands if its offsets count code points, as Python does: null where they hardly do. They do where UTF-16 units would cut
 * a character or a word, or take in white space, and code points do not.
 */
export function spanOfCodePoints(text: string, span: Span): Span | null {
  const counted: [number, number] = [span.start, span.end];
  toUtf16Offsets(text, [counted]);
  const [start, end] = counted;
  if (start === undefined || end === undefined) return null; // beyond the text
  if (start === span.start && end === span.end) return null;
  return !areWhole(text, span) && areWhole(text, { start, end }) ? { start, end } : null;
}

/** Whether a span holds whole words, without white space around them. */
function areWhole(text: string, { start, end }: Span): boolean {
  const covered = text.slice(start, end);
  return covered !== "" && covered === covered.trim() && [start, end].every((at) => isBetweenWords(text, at));
}

function isBetweenWords(text: string, at: number): boolean {
  if (isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at))) return false; // within one character
  const before = text.slice(Math.max(0, at - 2), at); // a character has two units at most
  return !(LETTER_BEFORE.test(before) && LETTER_BEHIND.test(text.slice(at, at + 2)));
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
