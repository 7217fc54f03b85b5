import { chunked } from "../../arrays.js";
import { dataError } from "../../data/data-error.js";
import { describe } from "../../errors.js";
import type { AlignedEncoding } from "../../tokenizer/encoding.js";
import type { Frame } from "../../tokenizer/frame.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { CharacterSpan } from "./character-spans.js";
import type { EntitySpan } from "./scheme.js";

/** A text cut into words, and these into tokens. */
export interface TokenizedWords {
  text: string;
  /** Start and end of each word in the text, in UTF-16 units as `slice` takes them. */
  words: [start: number, end: number][];
  /** The tokens of all words in turn, without special ones. */
  tokens: Int32Array;
  /** Where each word's tokens begin, and at the end their number. A word of control characters only has none. */
  wordStarts: Int32Array; // [words + 1]
}

/** A text, or its words. */
export type WordsInput = string | readonly string[];

/** Offsets take much more memory than what is kept of them, so not all texts have theirs at once. */
const INPUTS_PER_CALL = 1024;

/**
 * Cuts texts into words and tokens.
 *
 * @param inputs each a text, whose words are then the tokenizer's (punctuation marks and Chinese characters are words
 *   of their own), or words, whose text is theirs with spaces between
 */
export async function tokenizeWords(
  inputs: readonly WordsInput[],
  tokenizer: TextTokenizer,
): Promise<TokenizedWords[]> {
  const tokenized: TokenizedWords[] = [];
  for await (const some of chunked(inputs, { size: INPUTS_PER_CALL })) {
    const texts = some.map((input) => (typeof input === "string" ? input : input.join(" ")));
    const encodings = await tokenizer.encodeBatchAligned(texts);
    for (const [index, encoding] of encodings.entries()) {
      tokenized.push(tokenizedWords(some[index]!, texts[index]!, encoding, tokenizer.frame));
    }
  }
  return tokenized;
}

function tokenizedWords(
  input: WordsInput,
  text: string,
  { inputIds, wordIds, offsets }: AlignedEncoding,
  { open, close }: Frame,
): TokenizedWords {
  const own = [open.length, inputIds.length - close.length] as const;
  const spans = offsets.slice(...own);
  const words =
    typeof input === "string" ? wordsFound(text, wordIds.slice(...own), spans) : wordsGiven(input);
  const wordStarts = startsOf(words, text, wordIds.slice(...own), spans);
  return { text, words, tokens: inputIds.slice(...own), wordStarts };
}

/** The tokenizer's words, without the space before them that some tokenizers count in, and which alone is no word. */
function wordsFound(
  text: string,
  wordIds: readonly (number | null)[],
  offsets: readonly [number, number][],
): [number, number][] {
  const words: [number, number][] = [];
  for (const [token, [start, end]] of offsets.entries()) {
    if (token > 0 && wordIds[token] === wordIds[token - 1]) words.at(-1)![1] = end;
    else words.push([start, end]);
  }
  for (const word of words) word[0] = word[1] - text.slice(...word).trimStart().length;
  return words.filter(([start, end]) => start < end);
}

function wordsGiven(words: readonly string[]): [number, number][] {
  let start = 0;
  return words.map((word) => {
    const end = start + word.length;
    const range: [number, number] = [start, end];
    start = end + 1;
    return range;
  });
}

/**
 * A word's first token is the first that ends after the word's start: it may begin with the space before the word. A
 * space that is a token by itself, yet the tokenizer's beginning of the word, comes before that.
 */
function startsOf(
  words: readonly [number, number][],
  text: string,
  wordIds: readonly (number | null)[],
  offsets: readonly [number, number][],
): Int32Array {
  const isSpace = (token: number) => text.slice(...offsets[token]!).trim() === "";
  const starts = new Int32Array(words.length + 1);
  let token = 0;
  for (const [word, [start]] of words.entries()) {
    while (token < offsets.length && offsets[token]![1] <= start) token++;
    let first = token;
    while (first > 0 && wordIds[first - 1] === wordIds[token] && isSpace(first - 1)) first--;
    starts[word] = first;
  }
  starts[words.length] = offsets.length;
  return starts;
}

/**
 * The entities of a text in words. A span that begins or ends within a word takes in the whole word.
 *
 * @param location names the row in errors
 * @returns also how many spans were widened so
 * @throws LibbertError ERR_DATA when a span has no word, or two share one
 */
export function entitiesInWords(
  { text, words }: TokenizedWords,
  spans: readonly CharacterSpan[],
  location: string,
): { entities: EntitySpan[]; widened: number } {
  let widened = 0;
  const entities = spans.map(({ start, end, label }) => {
    const first = words.findIndex(([, wordEnd]) => wordEnd > start);
    const last = words.findLastIndex(([wordStart]) => wordStart < end);
    if (first < 0 || last < first) {
      throw dataError(location, "an entity with a word in it", describe(text.slice(start, end)));
    }
    if (words[first]![0] < start || words[last]![1] > end) widened++;
    return { type: label, start: first, end: last + 1 };
  });
  for (const [index, { start }] of entities.entries()) {
    if (index === 0 || entities[index - 1]!.end <= start) continue;
    const word = describe(text.slice(...words[start]!));
    throw dataError(location, "each word in at most one entity", `${word} in two`);
  }
  return { entities, widened };
}
