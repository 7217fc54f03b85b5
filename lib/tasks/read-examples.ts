import {
  type ClassificationColumns,
  type ClassificationExample,
  readClassificationExamples,
} from "../data/classification-rows.js";
import { type EncodedExamples, encodeExamples } from "../data/encoded-examples.js";
import type { RowSource } from "../data/readers/rows.js";
import type { BertTokenizer } from "../tokenizer/bert-tokenizer.js";

/**
 * Labelled rows as a model reads them.
 *
 * @throws ERR_DATA, naming the place; the signal's reason
 */
export function readExamples(
  source: RowSource,
  model: { tokenizer: BertTokenizer; maxSeqLength: number },
  options: { name?: string; columns?: ClassificationColumns; limit?: number; signal?: AbortSignal },
): Promise<EncodedExamples> {
  const { name, columns, limit, signal } = options;
  const rows = readClassificationExamples(source, { name, columns, limit });
  return encodeExamples(untilAborted(rows, signal), model.tokenizer, { maxLength: model.maxSeqLength });
}

async function* untilAborted(rows: AsyncIterable<ClassificationExample>, signal?: AbortSignal) {
  for await (const row of rows) {
    signal?.throwIfAborted();
    yield row;
  }
}
