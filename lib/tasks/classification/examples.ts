import { type ClassificationExample, readClassificationExamples } from "../../data/classification-rows.js";
import { type EncodedExamples, encodeExamples } from "../../data/encoded-examples.js";
import { labelIds } from "../../data/labels.js";
import type { RowSource } from "../../data/readers/rows.js";
import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { Examples, ReadOptions } from "../fine-tuning/task-model.js";

/** Texts or pairs with a class each; an item is a row. */
export interface ClassificationExamples extends Examples, EncodedExamples {
  /** The class number of each row. */
  classes: Int32Array;
}

/** What reading needs of a model. */
export interface TextReader {
  tokenizer: BertTokenizer;
  maxSeqLength: number;
}

/**
 * Labelled rows as a model reads them, their labels as text.
 *
 * @throws ERR_DATA, naming the place; the signal's reason
 */
export function readEncodedExamples(
  source: RowSource,
  { tokenizer, maxSeqLength }: TextReader,
  { name, columns, limit, signal }: ReadOptions,
): Promise<EncodedExamples> {
  const rows = readClassificationExamples(source, { name, columns, limit });
  return encodeExamples(untilAborted(rows, signal), tokenizer, { maxLength: maxSeqLength });
}

/** @throws ERR_DATA, naming the place, when a label is missing or not among `labels` */
export function withClasses(
  encoded: EncodedExamples,
  labels: readonly string[],
  { maxSeqLength }: TextReader,
): ClassificationExamples {
  const { encodings, truncatedTexts, emptyTexts } = encoded;
  const notices: string[] = [];
  if (truncatedTexts > 0) notices.push(`texts cut to ${maxSeqLength} tokens: ${truncatedTexts}`);
  if (emptyTexts > 0) notices.push(`empty texts: ${emptyTexts}`);
  return {
    ...encoded,
    rows: encodings.length,
    lengths: Int32Array.from(encodings, ({ inputIds }) => inputIds.length),
    classes: labelIds(encoded, labels),
    notices,
  };
}

async function* untilAborted(rows: AsyncIterable<ClassificationExample>, signal?: AbortSignal) {
  for await (const row of rows) {
    signal?.throwIfAborted();
    yield row;
  }
}
