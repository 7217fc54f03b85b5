import { sumOf } from "../../arrays.js";
import type { RowInput } from "../../data/readers/rows.js";
import {
  type LabelColumn,
  readLabelled,
  readPartlyLabelled,
  type TextExample,
} from "../../data/text-rows.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import type { TextInput } from "../../tokenizer/text-input.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { Examples, Preparation, ReadOptions } from "../head.js";
import { readingsOf } from "../readings.js";
import { type EncodedExamples, encodeExamples } from "./encoded-examples.js";
import type { TextConfig } from "./long-texts.js";

/** Rows of texts as a model reads them. */
export interface ReadTexts {
  /** One a row; where long texts are read in windows, those of a row one after the other. */
  encodings: readonly Encoding[];
  /** Where each row's windows begin, and at the end their number; only where long texts are read in windows. */
  windowStarts?: readonly number[]; // [rows + 1]
}

/** Texts or pairs of texts, each with what a model is to say of it; an item is a row. */
export interface SequenceExamples<Target> extends Examples, ReadTexts {
  /** What is right for each row, such as its class number. */
  targets: readonly Target[];
  /** What a teacher says of each row: its outputs; only of training rows. */
  answers?: readonly Float32Array[];
  locations: readonly string[];
  /** Not of training rows: they may be many. */
  texts?: readonly TextInput[];
  truncatedTexts: number;
  emptyTexts: number;
}

/** What reading needs of a model. */
export interface TextReader {
  tokenizer: TextTokenizer;
  maxSeqLength: number;
  config: Pick<TextConfig, "longTexts">;
}

/**
 * Labelled rows as a model reads them, for evaluation.
 *
 * @throws ERR_DATA, naming the location; the signal's reason
 */
export function readEncoded<Label>(
  labelColumn: LabelColumn<Label>,
  source: RowInput,
  { tokenizer, maxSeqLength, config: { longTexts } }: TextReader,
  { signal, ...reading }: ReadOptions,
): Promise<EncodedExamples<Label>> {
  const rows = readLabelled(source, reading, labelColumn);
  return encodeExamples(rows, tokenizer, { maxLength: maxSeqLength, longTexts, keepTexts: true, signal });
}

/** The rows of a run. */
interface Splits<Label> {
  /** A label that is not there is null: a teacher's rows need none. */
  train: EncodedExamples<Label | null>;
  validation?: EncodedExamples<Label>;
}

/** The training and the validation rows of a run. @throws ERR_DATA, naming the location; the signal's reason */
export async function readSplits<Label>(
  labelColumn: LabelColumn<Label>,
  preparation: Preparation<unknown>,
  {
    longTexts,
    ...columnOptions
  }: Pick<ReadOptions, "columns" | "columnNames"> & Pick<TextConfig, "longTexts">,
): Promise<Splits<Label>> {
  const { train, validation, maxSeqLength, checkpoint, teacher } = preparation;
  const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength, config: { longTexts } };
  const readings = readingsOf(preparation, columnOptions);
  const { signal, ...reading } = readings.train;
  const readTraining = teacher ? readPartlyLabelled : readLabelled;
  const rows: AsyncIterable<TextExample<Label | null>[]> = readTraining(train, reading, labelColumn);
  const encoding = { maxLength: maxSeqLength, longTexts, keepTexts: teacher !== undefined, signal };
  const trainRows = await encodeExamples(rows, checkpoint.tokenizer, encoding);
  if (validation === undefined) return { train: trainRows };
  const held = await readEncoded(labelColumn, validation, reader, readings.validation);
  if (held.arePairs !== trainRows.arePairs)
    preparation.notify(
      `validation: rows of ${shapeOf(held)}, where those to train on are of ${shapeOf(trainRows)}: the columns have other names (columns.textPair)`,
    );
  return { train: trainRows, validation: held };
}

function shapeOf({ arePairs }: Pick<EncodedExamples<unknown>, "arePairs">): string {
  return arePairs ? "two texts" : "one text";
}

/** Rows with what is right for each, in the model's terms. */
export function withTargets<Target extends number | Uint8Array | null>(
  encoded: EncodedExamples<unknown>,
  targets: readonly Target[],
  maxSeqLength: number,
): SequenceExamples<Target> {
  const { labels: _, ...rest } = encoded;
  const { encodings, windowStarts, truncatedTexts, emptyTexts, missingTexts } = rest;
  const lengths = Int32Array.from(encodings, ({ inputIds }) => inputIds.length);
  const notices: string[] = [];
  if (truncatedTexts > 0) notices.push(`texts cut to ${maxSeqLength} tokens: ${truncatedTexts}`);
  if (emptyTexts > 0) notices.push(`empty texts: ${emptyTexts}`);
  if (missingTexts > 0)
    notices.push(`texts that other programs write where there is none, such as nan: ${missingTexts}`);
  const tokens = () => encodings.map(({ inputIds }) => inputIds);
  return {
    ...rest,
    rows: targets.length,
    lengths: windowStarts ? sumsBetween(windowStarts, lengths) : lengths,
    tokens,
    *content() {
      yield* tokens();
      for (const target of targets)
        yield target instanceof Uint8Array ? target : Float64Array.of(target ?? Number.NaN);
    },
    targets,
    notices,
  };
}

/** @param starts of parts that lie one after the other, and the end of the last */
function sumsBetween(starts: readonly number[], numbers: Int32Array): Int32Array {
  return Int32Array.from({ length: starts.length - 1 }, (_, part) =>
    sumOf(numbers.subarray(starts[part], starts[part + 1])),
  );
}

/** Some rows' sequences, and how many each row has. */
export function sequencesOf(
  { encodings, windowStarts }: ReadTexts,
  items: readonly number[],
): { sequences: Encoding[]; windows: number[] } {
  if (windowStarts === undefined)
    return { sequences: items.map((item) => encodings[item]!), windows: items.map(() => 1) };
  return {
    sequences: items.flatMap((item) => encodings.slice(windowStarts[item], windowStarts[item + 1])),
    windows: items.map((item) => windowStarts[item + 1]! - windowStarts[item]!),
  };
}
