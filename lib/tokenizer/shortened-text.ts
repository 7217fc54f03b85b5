import type { TokenizerJson } from "./tokenizer-json.js";

/** A text without the middle of long runs, and where its places are in the text itself. */
export interface ShortenedText {
  text: string;
  originalOf(place: number): number;
}

/**
 * How much of a run stays at either end: what is left of a word is too long for WordPiece (200 characters at most), even
 * where an added token takes some of it.
 */
const KEPT = 256;
const LONGEST_TOKEN = 64;

const OTHER = 0;
const WORD = 1;
const SPACE = 2;
const KINDS = new Uint8Array(128);
for (const character of "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  KINDS[character.charCodeAt(0)] = WORD;
}
for (const space of " \t\n\r") KINDS[space.charCodeAt(0)] = SPACE;

/**
 * For BERT's rules: what takes the middle out of runs of ASCII letters and digits, which are one unknown word however
 * long they are, and of white space. `undefined` for other tokenizers, and where an added token may stand in such a run.
 */
export function shortenerOf(json: TokenizerJson): ((text: string) => ShortenedText) | undefined {
  const { model, normalizer, pre_tokenizer, added_tokens = [] } = json;
  const isBert = normalizer?.type === "BertNormalizer" && pre_tokenizer?.type === "BertPreTokenizer";
  if (model.type !== "WordPiece" || !isBert) return undefined;
  const standsOut = (token: string) => /[!-/:-@[-`{-~]/.test(token) && !/\s/u.test(token);
  if (!added_tokens.every(({ content }) => content.length <= LONGEST_TOKEN && standsOut(content)))
    return undefined;
  return shortened;
}

function shortened(text: string): ShortenedText {
  const parts: string[] = [];
  const gaps: { place: number; units: number }[] = [];
  let taken = 0; // of the text, so far
  let length = 0; // of the parts
  let start = 0; // of the run
  let kind = OTHER;
  for (let end = 0; end <= text.length; end++) {
    const next = end < text.length ? (KINDS[text.charCodeAt(end)] ?? OTHER) : OTHER;
    if (next === kind && next !== OTHER && end < text.length) continue;
    if (kind !== OTHER && end - start > 2 * KEPT) {
      parts.push(text.slice(taken, start + KEPT));
      length += start + KEPT - taken;
      taken = end - KEPT;
      gaps.push({ place: length, units: taken - start - KEPT });
    }
    start = end;
    kind = next;
  }
  const originalOf = (place: number) =>
    gaps.reduce((sum, gap) => (gap.place < place ? sum + gap.units : sum), place);
  return { text: parts.join("") + text.slice(taken), originalOf };
}
