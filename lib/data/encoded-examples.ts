import type { BertTokenizer } from "../tokenizer/bert-tokenizer.js";
import type { Encoding } from "../tokenizer/encoding.js";
import type { ClassificationExample } from "./classification-rows.js";

/** Classification examples as the model reads them: one entry a row, in the rows' order. */
export interface EncodedExamples {
  encodings: Encoding[];
  labels: (string | null)[];
  places: string[];
  /** Rows of which nothing but the special tokens is left: their text is empty or white space. */
  emptyTexts: number;
  /** Rows longer than `maxLength`, which lost tokens. */
  truncatedTexts: number;
}

/** How many examples are read before they are tokenized together. */
const EXAMPLES_PER_BATCH = 1024;

/** Reads and tokenizes all examples; of their texts only the tokens stay in memory. */
export async function encodeExamples(
  examples: AsyncIterable<ClassificationExample>,
  tokenizer: BertTokenizer,
  options: { maxLength: number },
): Promise<EncodedExamples> {
  const encoded: EncodedExamples = {
    encodings: [],
    labels: [],
    places: [],
    emptyTexts: 0,
    truncatedTexts: 0,
  };
  for await (const batch of inBatches(examples)) {
    const inputs = batch.map(({ text, textPair }) =>
      textPair === undefined ? text : ([text, textPair] as const),
    );
    const encodings = await tokenizer.encodeBatch(inputs, options);
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
