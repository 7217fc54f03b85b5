import type { BertTokenizer, TokenizerInput } from "../tokenizer/bert-tokenizer.js";
import type { Encoding } from "../tokenizer/encoding.js";
import type { TextExample } from "./text-rows.js";

/** Texts and their labels as the model reads them: one entry a row, in the rows' order. */
export interface EncodedExamples<Label> {
  encodings: Encoding[];
  labels: Label[];
  places: string[];
  /** The texts themselves, if they were to be kept. */
  texts?: TokenizerInput[];
  /** Rows of which nothing but the special tokens is left: their text is empty or white space. */
  emptyTexts: number;
  /** Rows longer than `maxLength`, which lost tokens. */
  truncatedTexts: number;
}

/** How many examples are read before they are tokenized together. */
const EXAMPLES_PER_BATCH = 1024;

/**
 * Reads and tokenizes all examples.
 *
 * @param options.keepTexts whether more than their tokens is to stay in memory. Default: false
 */
export async function encodeExamples<Label>(
  examples: AsyncIterable<TextExample<Label>>,
  tokenizer: BertTokenizer,
  { maxLength, keepTexts = false }: { maxLength: number; keepTexts?: boolean },
): Promise<EncodedExamples<Label>> {
  const encoded: EncodedExamples<Label> = {
    encodings: [],
    labels: [],
    places: [],
    ...(keepTexts && { texts: [] }),
    emptyTexts: 0,
    truncatedTexts: 0,
  };
  for await (const batch of inBatches(examples)) {
    const inputs = batch.map(inputOf);
    const encodings = await tokenizer.encodeBatch(inputs, { maxLength });
    encoded.texts?.push(...inputs);
    for (const [index, encoding] of encodings.entries()) {
      const { textPair, label, place } = batch[index]!;
      const specialTokens = textPair === undefined ? 2 : 3;
      encoded.encodings.push(encoding);
      encoded.labels.push(label);
      encoded.places.push(place);
      if (encoding.truncated > 0) encoded.truncatedTexts++;
      else if (encoding.inputIds.length === specialTokens) encoded.emptyTexts++;
    }
  }
  return encoded;
}

function inputOf({ text, textPair }: { text: string; textPair?: string }): TokenizerInput {
  return textPair === undefined ? text : [text, textPair];
}

/** Gathers items, so that many are tokenized at once. */
export async function* inBatches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < EXAMPLES_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
