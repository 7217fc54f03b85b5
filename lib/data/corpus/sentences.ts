/**
 * Longest text that is segmented at once, in UTF-16 units: Intl.Segmenter takes time that grows with its square. No sentence is
 * longer.
 */
const WINDOW = 4096;

/** Made when it is first asked for: that takes longer than loading a module. */
let segmenter: Intl.Segmenter | undefined;

/**
 * The sentences of a text. Unicode's rules find their ends (Intl.Segmenter); a full stop after an abbreviation, an
 * initial or the number of a list, which those rules take for an end, is none. A sentence of more than 4,096
 * characters is cut. They come one by one, so that a long text need not be divided at once.
 */
export function* sentencesOf(text: string): Generator<string> {
  let parts: string[] = []; // of the sentence
  let length = 0;
  for (const piece of pieces(text)) {
    const isSame = parts.length > 0 && length + 1 + piece.length <= WINDOW && goesOn(parts, piece);
    if (!isSame && parts.length > 0) {
      yield parts.join(" ");
      parts = [];
      length = 0;
    }
    parts.push(piece);
    length += piece.length + 1;
  }
  if (parts.length > 0) yield parts.join(" ");
}

/** The sentences as Intl.Segmenter sees them. */
function* pieces(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter("en", { granularity: "sentence" });
  for (let start = 0; start < text.length; ) {
    const window = text.slice(start, start + WINDOW);
    const isLast = window.length === text.length - start;
    const found = Array.from(segmenter.segment(window), ({ segment }) => segment);
    if (!isLast) {
      if (found.length > 1)
        found.pop(); // it may go on behind the window
      else found[0] = upToWord(window);
    }
    for (const piece of found) {
      start += piece.length;
      const trimmed = piece.trim();
      if (trimmed !== "") yield trimmed;
    }
  }
}

/** The window without the word, or at least the half character, that it cuts through. */
function upToWord(window: string): string {
  const afterSpace = window.lastIndexOf(" ") + 1;
  if (afterSpace > 0) return window.slice(0, afterSpace);
  return /[\ud800-\udbff]$/.test(window) ? window.slice(0, -1) : window;
}

function wordSet(words: string): Set<string> {
  return new Set(words.split(" "));
}

/** A name, an example or another thing that the sentence is about follows. */
const NEVER_LAST = wordSet(
  "mr mrs ms messrs mme mlle dr prof rev hon fr st mt ft gen col lt maj capt cpl sgt cmdr adm gov sen rep pres supt " +
    "e.g i.e cf viz vs approx",
);

/** A number follows, or the sentence ends. */
const BEFORE_NUMBERS = wordSet(
  "no nos p pp vol vols fig figs art arts sec secs ch chap eq ref jan feb mar apr jun jul aug sep sept oct nov dec",
);

/** Something follows, or the sentence ends: the next word tells. */
const PERHAPS_LAST = wordSet("jr sr inc ltd co corp bros dept univ ave blvd rd ph.d al");

/** An initial, or letters with full stops between them such as `U.S`. */
const INITIALS = /^\p{L}(\.\p{L})*$/u;

/** Words that start sentences and hardly ever names. */
const STARTERS = wordSet(
  "a an the this that these those he she it they we you i his her its their our my your there here in on at to for " +
    "from with by of as if when while after before since until although but and or so yet however then now what who " +
    "why how where which not no yes one some many most all both each every",
);

const LAST_WORD = /(?:^|[\s("'“‘[-])([^\s("'“‘[-]+)\.$/u;
const FIRST_WORD = /^\P{L}*(\p{L}+)/u;

/** A whole piece that is the mark of a list's item: `1.`, `(2).`, `b.`, `IV.` */
const ITEM_MARK = /^\(?(\d{1,3}|\p{L}|[ivxl]{1,5})\)?\.$/iu;

/** `"Stop!"`, after which `he said` goes on with the sentence. */
const QUOTED_CALL = /[?!…]["'”’»)\]]+$/;

/**
 * Whether a sentence does not end where Unicode's rules end it, before `next`. All that tells is in the last of its parts: looking at
 * the others as well would take time that grows with the square of their number.
 */
function goesOn(parts: readonly string[], next: string): boolean {
  const end = parts.at(-1)!;
  if (QUOTED_CALL.test(end)) return /^\p{Ll}/u.test(next);
  if (!end.endsWith(".")) return false;
  if (parts.length === 1 && ITEM_MARK.test(end)) return true;
  const last = LAST_WORD.exec(end)?.[1];
  if (last === undefined) return false;
  const word = last.toLowerCase();
  if (NEVER_LAST.has(word)) return true;
  if (BEFORE_NUMBERS.has(word)) return /^["“(]?\d/.test(next);
  if (!PERHAPS_LAST.has(word) && !INITIALS.test(last)) return false;
  const first = FIRST_WORD.exec(next)?.[1];
  return first !== undefined && !STARTERS.has(first.toLowerCase());
}
