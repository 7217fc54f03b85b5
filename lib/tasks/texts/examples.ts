import type { RowInput, RowReading } from "../../data/readers/rows.js";
import type { TextExample } from "../../data/text-rows.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import type { TextTokenizer, TokenizerInput } from "../../tokenizer/text-tokenizer.js";
import type { Examples, Preparation, ReadOptions } from "../head.js";
import { readingsOf } from "../readings.js";
import { type EncodedExamples, encodeExamples } from "./encoded-examples.js";

/** Texts or pairs of texts, each with what a model is to say of it; an item is a row. */
export interface SequenceExamples<Target> extends Examples {
  encodings: readonly Encoding[];
  /** What is right for each row, such as its class number. */
  targets: readonly Target[];
  locations: readonly string[];
  /** Not of training rows: they may be many. */
  texts?: readonly TokenizerInput[];
  truncatedTexts: number;
  emptyTexts: number;
}

/** How a task reads its rows. */
export type RowReader<Label> = (
  source: RowInput,
  options: RowReading & { columns?: ReadOptions["columns"] },
) => AsyncIterable<TextExample<Label>[]>;

/** What reading needs of a model. */
export interface TextReader {
  tokenizer: TextTokenizer;
  maxSeqLength: number;
}

/**
 * Labelled rows as a model reads them, for evaluation.
 *
 * @throws ERR_DATA, naming the location; the signal's reason
 */
export function readEncoded<Label>(
  readRows: RowReader<Label>,
  source: RowInput,
  { tokenizer, maxSeqLength }: TextReader,
  { signal, ...reading }: ReadOptions,
  keepTexts = true,
): Promise<EncodedExamples<Label>> {
  const rows = readRows(source, reading);
  return encodeExamples(rows, tokenizer, { maxLength: maxSeqLength, keepTexts, signal });
}

/** The training and the validation rows of a run. @throws ERR_DATA, naming the location; the signal's reason */
export async function readSplits<Label>(
  readRows: RowReader<Label>,
  preparation: Preparation<unknown>,
  columnOptions: Pick<ReadOptions, "columns" | "columnNames">,
): Promise<{ train: EncodedExamples<Label>; validation?: EncodedExamples<Label> }> {
  const { train, validation, maxSeqLength, checkpoint } = preparation;
  const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength };
  const readings = readingsOf(preparation, columnOptions);
  return {
    train: await readEncoded(readRows, train, reader, readings.train, false),
    ...(validation !== undefined && {
      validation: await readEncoded(readRows, validation, reader, readings.validation),
    }),
  };
}

/** Rows with what is right for each, in the model's terms. */
export function withTargets<Target extends number | Uint8Array>(
  encoded: EncodedExamples<unknown>,
  targets: readonly Target[],
  maxSeqLength: number,
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
    *content() {
      for (const { inputIds } of encodings) yield inputIds;
      for (const target of targets) yield typeof target === "number" ? Float64Array.of(target) : target;
    },
    targets,
    notices,
  };
}
