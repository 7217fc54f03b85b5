import type { RowFault } from "../tasks/inspection.js";

/** A byte from 0x80 to 0xbf as Windows-1252, or where that has no character ISO 8859-1, reads it. */
const CONTINUATION = "[\\u0080-\\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]";
/** Those of them that may follow a letter in a text that is as it should be. */
const PUNCTUATION = "[«»‚„…‹‘’“”–—›\\u00a0]";

/**
 * Text in UTF-8 that was read as Windows-1252: what the first byte of a character became, and its continuations. First bytes of
 * Latin letters, of punctuation, of Cyrillic ones (two, as one alone may stand in Icelandic) and of emoji are looked for.
 */
const MOJIBAKE = new RegExp(
  `(?<!\\p{Lu})[ÂÃ]${CONTINUATION}|[ÂÃ](?!${PUNCTUATION})${CONTINUATION}|â${CONTINUATION}{2}|` +
    `(?:[ÐÑ]${CONTINUATION}){2}|ð[Ÿ\\u009f]${CONTINUATION}{2}`,
  "u",
);

const FAULTS: readonly { kind: string; what: string; pattern: RegExp }[] = [
  {
    kind: "replacement-character",
    what: "texts with U+FFFD, which stands for what could not be decoded",
    pattern: /\ufffd/,
  },
  {
    kind: "mojibake",
    what: "texts in UTF-8 that were read as Windows-1252, such as Ã© for é",
    pattern: MOJIBAKE,
  },
  {
    kind: "unpaired-surrogate",
    what: "texts with half of a character (an unpaired surrogate)",
    pattern: /\p{Surrogate}/u,
  },
  {
    kind: "control-character",
    what: "texts with control characters",
    // Those of ISO 8859-1's upper half behind a first byte of UTF-8 are part of a misread character.
    pattern: /(?![\t\n\r\u0085]|(?<=[\u0080-\u009fÂ-ô])[\u0080-\u009f])\p{Cc}/u,
  },
  {
    kind: "invisible-character",
    what: "texts with zero-width spaces, word joiners or byte-order marks",
    pattern: /[\u200b\u2060\ufeff]/,
  },
];

/** Any character that one of the patterns needs: most texts have none, and are done with after one look. */
const SUSPICIOUS = /(?![\t\n\r])\p{Cc}|[ÂÃâÐÑð\u200b\u2060\ufeff\ufffd]|\p{Cs}/u;

/** Characters on each side of a fault that are shown. */
const CONTEXT = 20;

/** What in a text shows that it was decoded wrongly, or cannot be seen: at most one fault of a kind. */
export function encodingFaults(text: string): RowFault[] {
  if (!SUSPICIOUS.test(text)) return [];
  return FAULTS.flatMap(({ kind, what, pattern }) => {
    const match = pattern.exec(text);
    return match ? [{ kind, what, detail: shown(text, match) }] : [];
  });
}

function shown(text: string, { 0: found, index }: RegExpExecArray): string {
  const around = text.slice(Math.max(0, index - CONTEXT), index + found.length + CONTEXT);
  const point = found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return `U+${point} at ${index + 1}: ${JSON.stringify(around)}`;
}
