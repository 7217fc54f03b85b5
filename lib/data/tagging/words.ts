import { describe } from "../../errors.js";
import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { AlignedEncoding } from "../../tokenizer/encoding.js";
import { dataError } from "../data-error.js";
import type { CharacterSpan } from "./rows.js";
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

const INPUTS_PER_PART = 1024;

/**
 * Cuts texts into words and tokens.
 *
 * @param inputs each a text, whose words are then the tokenizer's (punctuation marks and Chinese characters are words
 *   of their own), or words, whose text is theirs with spaces between
 */
export async function tokenizeWords(
  inputs: readonly WordsInput[],
  tokenizer: BertTokenizer,
): Promise<TokenizedWords[]> {
  const tokenized: TokenizedWords[] = [];
  // In parts, because offsets take much more memory than what is kept of them.
  for (let start = 0; start < inputs.length; start += INPUTS_PER_PART) {
    const part = inputs.slice(start, start + INPUTS_PER_PART);
    const texts = part.map((input) => (typeof input === "string" ? input : input.join(" ")));
    const encodings = await tokenizer.encodeBatchAligned(texts);
    for (const [index, encoding] of encodings.entries()) {
      tokenized.push(tokenizedWords(part[index]!, texts[index]!, encoding));
    }
  }
  return tokenized;
}

function tokenizedWords(input: WordsInput, text: string, encoding: AlignedEncoding): TokenizedWords {
  const words = typeof input === "string" ? wordsFound(encoding) : wordsGiven(input);
  const wordStarts = startsOf(words, encoding.offsets.slice(1, -1));
  return { text, words, tokens: encoding.inputIds.slice(1, -1), wordStarts };
}

function wordsFound({ wordIds, offsets }: AlignedEncoding): [number, number][] {
  const words: [number, number][] = [];
  for (const [token, word] of wordIds.entries()) {
    if (word === null) continue;
    const [start, end] = offsets[token]!;
    if (word === wordIds[token - 1]) words.at(-1)![1] = end;
    else words.push([start, end]);
  }
  return words;
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

function startsOf(words: readonly [number, number][], offsets: readonly [number, number][]): Int32Array {
  const starts = new Int32Array(words.length + 1);
  let token = 0;
  for (const [word, [start]] of words.entries()) {
    while (token < offsets.length && offsets[token]![0] < start) token++;
    starts[word] = token;
  }
  starts[words.length] = offsets.length;
  return starts;
}

/**
 * The entities of a text in words. A span that begins or ends within a word takes in the whole word.
 *
 * @param place names the row in errors
 * @returns also how many spans were widened so
 * @throws LibbertError ERR_DATA when a span has no word, or two share one
 */
export function entitiesInWords(
  { text, words }: TokenizedWords,
  spans: readonly CharacterSpan[],
  place: string,
): { entities: EntitySpan[]; widened: number } {
  let widened = 0;
  const entities = spans.map(({ start, end, label }) => {
    const first = words.findIndex(([, wordEnd]) => wordEnd > start);
    const last = words.findLastIndex(([wordStart]) => wordStart < end);
    if (first < 0 || last < first) {
      throw dataError(place, "an entity with a word in it", describe(text.slice(start, end)));
    }
    if (words[first]![0] < start || words[last]![1] > end) widened++;
    return { type: label, start: first, end: last + 1 };
  });
  for (const [index, { start }] of entities.entries()) {
    if (index === 0 || entities[index - 1]!.end <= start) continue;
    const word = describe(text.slice(...words[start]!));
    throw dataError(place, "each word in at most one entity", `${word} in two`);
  }
  return { entities, widened };
}
