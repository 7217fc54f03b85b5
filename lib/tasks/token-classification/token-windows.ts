import { dataError } from "../../data/data-error.js";
import { type Frame, type FramedTexts, framed, specialTokenCount, textStart } from "../../tokenizer/frame.js";
import { type WordWindow, wordWindows } from "./word-windows.js";
import type { TokenizedWords } from "./words.js";

/** One input of the model, and the words that are predicted in it. */
export interface TokenWindow extends FramedTexts {
  /** Which of the sentences the words belong to. */
  sentence: number;
  /** Where the predicted words begin among the tokens: a word is predicted at its first token. */
  positions: Int32Array; // [words]
  /** Which words of the sentence they are. */
  words: Int32Array; // [words]
}

export interface TokenWindowOptions {
  /** The most tokens of an input, special tokens included; at least one more than these. */
  maxLength: number;
  /** Whether the sentences around a sentence in its document stand around it as context. */
  documentContext: boolean;
}

/** Tokenized words that may belong to a document: consecutive ones with the same value do; `null` belongs to none. */
export type SentenceInDocument = TokenizedWords & {
  document?: string | number | null;
  location?: string;
};

/**
 * The inputs in which the words of all sentences are predicted, each word that has a token in exactly one.
 *
 * @throws LibbertError ERR_DATA, naming the location, when document context is wanted of a sentence that names no document
 */
export function tokenWindows(
  sentences: readonly SentenceInDocument[],
  frame: Frame,
  { maxLength, documentContext }: TokenWindowOptions,
): TokenWindow[] {
  const budget = wordBudget(frame, maxLength);
  const stride = Math.max(1, Math.floor(budget / 2));
  const windows: TokenWindow[] = [];
  let index = 0;
  for (const members of documentContext ? documentsOf(sentences) : sentences.map((sentence) => [sentence])) {
    const document = joined(members);
    let firstWord = 0;
    for (const { words } of members) {
      const own = { start: firstWord, end: firstWord + words.length };
      for (const window of wordWindows(document.wordStarts, own, { budget, stride })) {
        const cut = cutOut(document, window, budget, frame);
        const sentenceWords = cut.words.map((word) => word - own.start);
        if (sentenceWords.length > 0) windows.push({ ...cut, sentence: index, words: sentenceWords });
      }
      firstWord = own.end;
      index++;
    }
  }
  return windows;
}

/** How many tokens of words an input can hold beside the special tokens. */
export function wordBudget(frame: Frame, maxLength: number): number {
  return maxLength - specialTokenCount(frame, 1);
}

function documentsOf(sentences: readonly SentenceInDocument[]): SentenceInDocument[][] {
  const documents: SentenceInDocument[][] = [];
  for (const sentence of sentences) {
    const { document = null, location = "a sentence" } = sentence;
    if (document === null) {
      throw dataError(location, "a -DOCSTART- line before it or a document, for documentContext,", "none");
    }
    const current = documents.at(-1);
    if (current && current[0]!.document === document) current.push(sentence);
    else documents.push([sentence]);
  }
  return documents;
}

type Tokens = Pick<TokenizedWords, "tokens" | "wordStarts">;

/** The tokens of several sentences, one after the other. */
function joined(sentences: readonly Tokens[]): Tokens {
  if (sentences.length === 1) return sentences[0]!;
  const tokens = new Int32Array(sentences.reduce((sum, sentence) => sum + sentence.tokens.length, 0));
  const wordStarts: number[] = [];
  let start = 0;
  for (const sentence of sentences) {
    tokens.set(sentence.tokens, start);
    for (const wordStart of sentence.wordStarts.subarray(0, -1)) wordStarts.push(start + wordStart);
    start += sentence.tokens.length;
  }
  return { tokens, wordStarts: Int32Array.from([...wordStarts, start]) };
}

/** A window's tokens in their frame; of a word that alone has more than `budget` the first ones. */
function cutOut(
  { tokens, wordStarts }: Tokens,
  { start, end, countedStart, countedEnd }: WordWindow,
  budget: number,
  frame: Frame,
): Omit<TokenWindow, "sentence"> {
  const first = wordStarts[start]!;
  const length = Math.min(wordStarts[end]! - first, budget);
  const words = Int32Array.from(
    { length: countedEnd - countedStart },
    (_, offset) => countedStart + offset,
  ).filter((word) => wordStarts[word]! < wordStarts[word + 1]!);
  const ownStart = textStart(frame, [], 0);
  const positions = words.map((word) => ownStart + wordStarts[word]! - first);
  return { ...framed([tokens.subarray(first, first + length)], frame), positions, words };
}

/** Words without a token, which cannot be predicted, and words of more tokens than one input can hold of them. */
export function oddWords(
  sentences: readonly TokenizedWords[],
  budget: number,
): { empty: number; cut: number } {
  const odd = { empty: 0, cut: 0 };
  for (const { wordStarts } of sentences) {
    for (let word = 0; word < wordStarts.length - 1; word++) {
      const tokens = wordStarts[word + 1]! - wordStarts[word]!;
      if (tokens === 0) odd.empty++;
      if (tokens > budget) odd.cut++;
    }
  }
  return odd;
}
