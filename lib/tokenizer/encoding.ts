import { sumOf } from "../arrays.js";
import { type Frame, type FramedTexts, framed, specialTokenCount, textStart } from "./frame.js";

/** A text, or a pair of texts, as the model reads it: `[CLS] first [SEP]` or `[CLS] first [SEP] second [SEP]`. */
export interface Encoding extends FramedTexts {
  /** The ids of its tokens, special tokens included: [tokens]. */
  inputIds: Int32Array;
  /** 1 for the second text and what closes it where the tokenizer's frame has segments, else 0. */
  tokenTypeIds: Uint8Array; // [tokens]
  /** Whether the texts had more tokens than fit. */
  truncated: boolean;
}

/** An encoding that also says where in the text each token comes from. */
export interface AlignedEncoding extends Encoding {
  /** The text each token belongs to, as the special tokens behind a text do to it. */
  textIds: (0 | 1)[]; // [tokens]
  /** The word each token is a piece of, counted from 0 within its own text; `null` for special tokens. */
  wordIds: (number | null)[]; // [tokens]
  /** Start and end of each token in its own text, in UTF-16 units as `slice` takes them; 0, 0 for special tokens. */
  offsets: [start: number, end: number][]; // [tokens]
}

/** What one text has for each of its tokens. */
export interface TextAlignment {
  wordIds: (number | null)[];
  offsets: [number, number][];
}

/** How much of texts stays. */
export interface Limit {
  /** The most tokens, special tokens included. */
  maxLength: number;
  /** Which end goes. */
  side: "left" | "right";
}

/** Puts one or two tokenized texts into `frame`, cut to `maxLength` tokens in all. */
export function frameTexts(texts: readonly number[][], frame: Frame, limit: Limit): Encoding {
  const kept = truncatedTexts(texts, frame, limit);
  return { ...framed(kept, frame), truncated: sumOf(texts.map(lengthOf)) > sumOf(kept.map(lengthOf)) };
}

/** Lays the alignment of one or two texts along the tokens that `frameTexts` kept of them. */
export function frameAlignment(
  texts: readonly TextAlignment[],
  frame: Frame,
  limit: Limit,
): Pick<AlignedEncoding, "textIds" | "wordIds" | "offsets"> {
  const words = truncatedTexts(
    texts.map(({ wordIds }) => wordIds),
    frame,
    limit,
  );
  const offsets = truncatedTexts(
    texts.map((text) => text.offsets),
    frame,
    limit,
  );
  const wordIds = framedValues(words, frame, () => null);
  const secondStart = words.length === 2 ? textStart(frame, words.map(lengthOf), 1) : wordIds.length;
  return {
    textIds: wordIds.map((_, index) => (index < secondStart ? 0 : 1)),
    wordIds,
    offsets: framedValues(offsets, frame, () => [0, 0]),
  };
}

/** The values of the texts' tokens with one for every special token. */
function framedValues<Value>(
  [first, second]: readonly Value[][],
  { open, between, close }: Frame,
  special: () => Value,
): Value[] {
  const pair = second === undefined ? [] : [between.map(special), second];
  return open.map(special).concat(first!, ...pair, close.map(special));
}

/** What is left of the texts, or of values of their tokens, so that they and the frame have `maxLength` tokens. */
function truncatedTexts<Value>(
  texts: readonly Value[][],
  frame: Frame,
  { maxLength, side }: Limit,
): Value[][] {
  const budget = maxLength - specialTokenCount(frame, texts.length as 1 | 2);
  const lengths = texts.map(lengthOf);
  if (sumOf(lengths) <= budget) return [...texts];
  const kept = keptLengths(lengths, budget);
  const start = (index: number) => (side === "left" ? texts[index]!.length - kept[index]! : 0);
  return texts.map((text, index) => text.slice(start(index), start(index) + kept[index]!));
}

/**
 * How many tokens of each text fit into `budget`: tokens go from the end of the longer text until both are equally
 * long, then from both in turn. An odd token stays with the longer text, or the second of two as long, as in the
 * tokenizers library (`longest_first`).
 */
function keptLengths(lengths: readonly number[], budget: number): number[] {
  const [first, second] = lengths;
  if (second === undefined) return [budget];
  const shorter = Math.min(first!, second, Math.floor(budget / 2));
  return first! > second ? [budget - shorter, shorter] : [shorter, budget - shorter];
}

function lengthOf({ length }: { length: number }): number {
  return length;
}
