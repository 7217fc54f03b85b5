const WHITE_SPACE = /\s+/g;
/** What does not show: soft hyphens, zero-width spaces, word joiners, byte-order marks. */
const INVISIBLE = /[\u00ad\u200b\u2060\ufeff]+/g;

/** A text without what people do not see as a difference: case, white space, compatible and invisible characters. */
export function normalForm(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(INVISIBLE, "").replace(WHITE_SPACE, " ").trim();
}

/** A word, or one character of a script that does not set words apart. */
const WORD =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]|[\p{L}\p{M}\p{N}]+/gu;

/** The words of a text in its normal form; one that has none is a word by itself. */
export function wordsOf(normal: string): readonly string[] {
  return normal.match(WORD) ?? (normal === "" ? [] : [normal]);
}
