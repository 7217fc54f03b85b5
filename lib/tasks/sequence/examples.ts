import { type EncodedExamples, encodeExamples } from "../../data/encoded-examples.js";
import type { RowReading, RowSource } from "../../data/readers/rows.js";
import type { TextExample } from "../../data/text-rows.js";
import type { BertTokenizer, TokenizerInput } from "../../tokenizer/bert-tokenizer.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import type { FineTuneSettings } from "../fine-tuning/options.js";
import type { Examples, ReadOptions } from "../fine-tuning/task-model.js";

/** Texts or pairs of texts, each with what a model is to say of it; an item is a row. */
export interface SequenceExamples<Target> extends Examples {
  encodings: readonly Encoding[];
  /** What is right for each row, such as its class number. */
  targets: readonly Target[];
  places: readonly string[];
  /** Not of training rows: they may be many. */
  texts?: readonly TokenizerInput[];
  truncatedTexts: number;
  emptyTexts: number;
  /** Whether an evaluation on these rows looks for a multi-label model's best thresholds itself. */
  tunesThresholds?: boolean;
}

/** How a task reads its rows. */
export type RowReader<Label> = (
  source: RowSource,
  options: RowReading & { columns?: ReadOptions["columns"] },
) => AsyncIterable<TextExample<Label>>;

/** What reading needs of a model. */
export interface TextReader {
  tokenizer: BertTokenizer;
  maxSeqLength: number;
}

/**
 * Labelled rows as a model reads them, for evaluation.
 *
 * @throws ERR_DATA, naming the place; the signal's reason
 */
export function readEncoded<Label>(
  readRows: RowReader<Label>,
  source: RowSource,
  { tokenizer, maxSeqLength }: TextReader,
  { signal, ...reading }: ReadOptions,
  keepTexts = true,
): Promise<EncodedExamples<Label>> {
  const rows = untilAborted(readRows(source, reading), signal);
  return encodeExamples(rows, tokenizer, { maxLength: maxSeqLength, keepTexts });
}

/** The training and the validation rows of a run. @throws ERR_DATA, naming the place; the signal's reason */
export async function readSplits<Label>(
  readRows: RowReader<Label>,
  { train, validation, columns, limit }: FineTuneSettings,
  reader: TextReader,
  signal: AbortSignal | undefined,
): Promise<{ train: EncodedExamples<Label>; validation?: EncodedExamples<Label> }> {
  const forTraining = { name: "train", columns, limit, signal };
  return {
    train: await readEncoded(readRows, train, reader, forTraining, false),
    ...(validation !== undefined && {
      validation: await readEncoded(readRows, validation, reader, { name: "validation", columns, signal }),
    }),
  };
}

/** Rows with what is right for each, in the model's terms. */
export function withTargets<Target>(
  encoded: EncodedExamples<unknown>,
  targets: readonly Target[],
  { maxSeqLength }: TextReader,
): SequenceExamples<Target> {
  const { labels: _, ...rest } = encoded;
  const { encodings, truncatedTexts, emptyTexts } = rest;
  const notices: string[] = [];
  if (truncatedTexts > 0) notices.push(`texts cut to ${maxSeqLength} tokens: ${truncatedTexts}`);
  if (emptyTexts > 0) notices.push(`empty texts: ${emptyTexts}`);
  return {
    ...rest,
    rows: encodings.length,
    lengths: Int32Array.from(encodings, ({ inputIds }) => inputIds.length),
    targets,
    notices,
  };
}

async function* untilAborted<Row>(rows: AsyncIterable<Row>, signal?: AbortSignal): AsyncGenerator<Row> {
  for await (const row of rows) {
    signal?.throwIfAborted();
    yield row;
  }
}
