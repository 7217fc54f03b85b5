import { MISSING } from "../../data/doubtful-labels.js";
import type { TextExample } from "../../data/text-rows.js";
import type { LongTexts } from "../../features/long-texts.js";
import { encodeTexts } from "../../features/text-windows.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import { specialTokenCount } from "../../tokenizer/frame.js";
import { type TextInput, textInputOf } from "../../tokenizer/text-input.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";

/** Texts and their labels as the model reads them: one entry a row, in the rows' order. */
export interface EncodedExamples<Label> {
  /** As in `ReadTexts`. */
  encodings: Encoding[];
  windowStarts?: number[]; // [rows + 1]
  labels: Label[];
  locations: string[];
  /** The texts themselves, if they were to be kept. */
  texts?: TextInput[];
  /** Whether the rows have two texts each. */
  arePairs: boolean;
  /** Rows of which nothing but the special tokens is left: their text is empty or white space. */
  emptyTexts: number;
  /** Rows whose text is what other programs write where there is none, such as nan. */
  missingTexts: number;
  /** Rows longer than `maxLength`, which lost tokens. */
  truncatedTexts: number;
}

export interface EncodingOptions {
  /** The most tokens of a row, special tokens included. */
  maxLength: number;
  /** How longer texts are read. Default: they are cut */
  longTexts?: LongTexts | null;
  /** Whether more than their tokens is to stay in memory. Default: false */
  keepTexts?: boolean;
  signal?: AbortSignal;
}

/** Reads and tokenizes all examples. @throws the signal's reason */
export async function encodeExamples<Label>(
  examples: AsyncIterable<readonly TextExample<Label>[]>,
  tokenizer: TextTokenizer,
  { maxLength, longTexts = null, keepTexts = false, signal }: EncodingOptions,
): Promise<EncodedExamples<Label>> {
  const encoded: EncodedExamples<Label> = {
    encodings: [],
    ...(longTexts && { windowStarts: [0] }),
    labels: [],
    locations: [],
    ...(keepTexts && { texts: [] }),
    arePairs: false,
    emptyTexts: 0,
    missingTexts: 0,
    truncatedTexts: 0,
  };
  for await (const rows of examples) {
    signal?.throwIfAborted();
    const inputs = rows.map(textInputOf);
    encoded.arePairs ||= rows.some(({ textPair }) => textPair !== undefined);
    encoded.missingTexts += rows.filter(({ text }) => MISSING.includes(text)).length;
    const locations = rows.map(({ location }) => location);
    const read = await encodeTexts(tokenizer, inputs, { maxLength, longTexts, locations });
    encoded.texts?.push(...inputs);
    for (const [index, windows] of read.entries()) {
      const { textPair, label, location } = rows[index]!;
      const bare = specialTokenCount(tokenizer.frame, textPair === undefined ? 1 : 2);
      encoded.encodings.push(...windows);
      encoded.windowStarts?.push(encoded.encodings.length);
      encoded.labels.push(label);
      encoded.locations.push(location);
      const [first] = windows;
      if (first!.truncated) encoded.truncatedTexts++;
      else if (first!.inputIds.length === bare) encoded.emptyTexts++;
    }
  }
  return encoded;
}
