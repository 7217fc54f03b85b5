import { z } from "zod";
import { chunked } from "../../arrays.js";
import { dataError } from "../../data/data-error.js";
import { fromEach } from "../../data/readers/each-file.js";
import { formOf } from "../../data/readers/file-form.js";
import { ROW_FILES, refuseColumnNames } from "../../data/readers/rows.js";
import { openLines, STANDARD_INPUT } from "../../data/readers/standard-input.js";
import { readTextExamples, type TextColumns } from "../../data/text-rows.js";
import { expected, LibbertError } from "../../errors.js";
import {
  columnNamesOption,
  columnsOption,
  textColumn,
  textPairColumn,
} from "../../options/column-options.js";
import { type Files, type Format, pathsOf } from "../../options/row-options.js";
import { asCell } from "../../text-format.js";
import { type TextInput, textInputOf, textsOf } from "../../tokenizer/text-input.js";
import type { TaskCommandLine } from "../spec.js";
import { countingTruncated } from "./count-truncated.js";

/** Flags of all commands that read texts. */
export const textFlags = {
  text: z.string().optional().describe("the text to read, or whose [MASK] to fill"),
  textPair: z.string().optional().describe("its second text, for a model of pairs"),
  columns: columnsOption({ text: textColumn, textPair: textPairColumn }),
  columnNames: columnNamesOption,
};

export interface TextFlags {
  text?: string;
  textPair?: string;
  columns?: TextColumns;
  columnNames?: string[];
  format?: Format;
}

/** Extensions of the files that `textsOfFiles` reads. */
export const TEXT_FILES = [".txt", ...ROW_FILES];

const TEXTS_PER_ARRAY = 512;

/** How texts are read and predictions about them written. @param cellsOf what a line says of a text, before the text itself */
export function textCommandLine<Prediction extends object>(
  cellsOf: (prediction: Prediction) => string[],
  report?: (report: object) => string,
): TaskCommandLine<TextInput, Prediction> {
  return {
    flags: textFlags,
    given: "text",
    inputOf: givenText,
    extensions: TEXT_FILES,
    inputsOf: textsOfFiles,
    text: () =>
      countingTruncated({
        line: (input, prediction) =>
          `${[...cellsOf(prediction), ...textsOf(input).map(asCell)].join("\t")}\n`,
      }),
    json: () => ({
      line: (input, prediction) => `${JSON.stringify({ ...textFields(input), ...prediction })}\n`,
    }),
    report,
  };
}

/** How texts are read that are no pairs. */
export const singleTextInputs = {
  flags: {
    text: textFlags.text,
    columns: columnsOption({ text: textColumn }),
    columnNames: textFlags.columnNames,
  },
  given: "text",
  inputOf: (flags: TextFlags) => givenText(flags) as string,
  extensions: TEXT_FILES,
  inputsOf: (files: Files, flags: TextFlags) => textsOfFiles(files, flags) as AsyncIterable<string[]>, // pairs are refused as inputs
};

/** The text or pair of `--text` and `--text-pair`. @throws LibbertError ERR_OPTION for columns beside them */
export function givenText({ text, textPair, columns, columnNames }: TextFlags): TextInput {
  refuseColumns(columns, "a text, which has no columns,");
  refuseColumnNames("a text", { columnNames });
  return textPair === undefined ? text! : [text!, textPair];
}

/**
 * The texts of `--input`, in arrays, so that a file of any size fits in memory.
 *
 * @param files `-` for standard input or .txt files: a text a line, empty ones included; else .tsv, .csv, .jsonl or
 *   .parquet files, whose labels are not needed; or what `format` says
 * @throws LibbertError ERR_DATA, naming file and line
 */
export function textsOfFiles(
  files: Files,
  { columns, columnNames, textPair, format }: TextFlags,
): AsyncIterable<TextInput[]> {
  if (textPair !== undefined)
    throw new LibbertError("ERR_OPTION", "Expected --text-pair beside --text, not beside --input", {
      option: "textPair",
    });
  const ofLines = pathsOf(files).filter((path) => isOfLines(path, format));
  if (ofLines.length === 0) return rowsAsTexts(files, { columns, columnNames, format });
  if (ofLines.length < pathsOf(files).length)
    throw dataError(ofLines[0]!, "a file of rows, as others that are given with it,", "one of lines");
  refuseColumns(columns, "lines of text, which have no columns,");
  refuseColumnNames("what has lines of text", { columnNames });
  return fromEach(files, undefined, linesAsTexts);
}

/** Whether an input has a text a line, and no columns. */
export function isOfLines(path: string, format?: Format): boolean {
  return formOf(path, format) === ".txt" || (path === STANDARD_INPUT && format === undefined);
}

function refuseColumns(columns: TextColumns | undefined, what: string): void {
  const [column] = Object.entries(columns ?? {});
  if (column) throw expected(`no value beside ${what}`, `columns.${column[0]}`, column[1]);
}

/** Lines are passed on as they arrive: who types or pipes them need not wait for a full array. */
async function* linesAsTexts(path: string): AsyncGenerator<string[]> {
  for await (const lines of openLines(path).lines) yield* chunked(lines, { size: TEXTS_PER_ARRAY });
}

async function* rowsAsTexts(
  files: Files,
  reading: Pick<TextFlags, "columns" | "columnNames" | "format">,
): AsyncGenerator<TextInput[]> {
  for await (const rows of readTextExamples(files, reading, () => null)) yield rows.map(textInputOf);
}

/** A text, or a pair, as fields of a JSON object. */
export function textFields(input: TextInput): { text: string; textPair?: string } {
  return typeof input === "string" ? { text: input } : { text: input[0], textPair: input[1] };
}
