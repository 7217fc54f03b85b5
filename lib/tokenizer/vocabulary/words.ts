import { bertNormalizer, bertPreTokenizer } from "tokenizers";

/** What a UTF-16 unit does to the run of text that it stands in. */
const GOES_ON = 0;
const SPACE = 1; // ends a run
const ALONE = 2; // is a run, and a word, by itself

/**
 * The kind of every UTF-16 unit. BERT's normalisation (cleaning, NFD, accents, case) never looks across a SPACE or an
 * ALONE, so the runs between them can be normalised one by one. What else separates words, such as U+3000 or
 * typographic quotes, stays inside a run; BERT's own rules split it there.
 */
const KINDS = new Uint8Array(0x10000);
for (const space of "\t\n\r ") KINDS[space.charCodeAt(0)] = SPACE;
for (const punctuation of "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") KINDS[punctuation.charCodeAt(0)] = ALONE;
KINDS.fill(ALONE, 0x3400, 0x4db6); // ideographs of Unicode 3.0: known to any table of Unicode
KINDS.fill(ALONE, 0x4e00, 0x9fa6);

const VISIBLE_ASCII = /^[!-~]+$/;

/** What is a letter or digit in Node's version of Unicode separates no words in any: such a word needs no splitting. */
const LETTERS = /^[\p{L}\p{Nd}]+$/u;

/** Splits text as BERT does before WordPiece, and counts the words. */
export class WordSplitter {
  readonly #cased: boolean;
  readonly #normalizer;
  readonly #preTokenizer = bertPreTokenizer();

  /** @param cased keep case and accents */
  constructor(cased: boolean) {
    this.#cased = cased;
    this.#normalizer = bertNormalizer({ lowercase: !cased, stripAccents: !cased });
  }

  /** How often each word comes in the texts. */
  count(texts: Iterable<string>): Map<string, number> {
    const runs = new Map<string, number>();
    for (const text of texts) countRuns(text, runs);
    const words = new Map<string, number>();
    for (const [run, count] of runs) {
      for (const word of this.#wordsOf(run)) words.set(word, (words.get(word) ?? 0) + count);
    }
    return words;
  }

  /**
   * The words of one run. Beyond ASCII the tokenizer's own code decides: its tables are of another Unicode version
   * than Node's, and the vocabulary must fit what it will be given.
   */
  #wordsOf(run: string): string[] {
    if (KINDS[run.charCodeAt(0)] === ALONE) return [run];
    if (VISIBLE_ASCII.test(run)) return [this.#cased ? run : run.toLowerCase()];
    const normalized = this.#normalizer.normalizeString(run);
    if (LETTERS.test(normalized)) return [normalized];
    return this.#preTokenizer.preTokenizeString(normalized).map(([word]) => word);
  }
}

function countRuns(text: string, runs: Map<string, number>): void {
  let start = 0; // of the run that is being read
  for (let end = 0; end <= text.length; end++) {
    const kind = end < text.length ? KINDS[text.charCodeAt(end)]! : SPACE;
    if (kind === GOES_ON) continue;
    if (end > start) countOne(text.slice(start, end), runs);
    if (kind === ALONE) countOne(text[end]!, runs);
    start = end + 1;
  }
}

function countOne(run: string, runs: Map<string, number>): void {
  runs.set(run, (runs.get(run) ?? 0) + 1);
}
