import { extname } from "node:path";
import { z } from "zod";
import { chunked } from "../../arrays.js";
import { dataError } from "../../data/data-error.js";
import { readLines } from "../../data/readers/lines.js";
import { ROW_FILES, refuseColumnNames } from "../../data/readers/rows.js";
import { readTextExamples, type TextColumns } from "../../data/text-rows.js";
import { expected, LibbertError } from "../../errors.js";
import {
  columnNamesOption,
  columnsOption,
  textColumn,
  textPairColumn,
} from "../../options/column-options.js";
import { asCell } from "../../text-format.js";
import type { TaskCommandLine } from "../spec.js";
import { countingTruncated } from "./count-truncated.js";
import type { TextInput } from "./text-input.js";

/** Flags of all commands that read texts. */
export const textFlags = {
  text: z.string().optional().describe("the text to read, or whose [MASK] to fill"),
  textPair: z.string().optional().describe("its second text, for a model of pairs"),
  columns: columnsOption({ text: textColumn, textPair: textPairColumn }),
  columnNames: columnNamesOption,
};

interface TextFlags {
  text?: string;
  textPair?: string;
  columns?: TextColumns;
  columnNames?: string[];
}

/** Extensions of the files that `textsOfFile` reads. */
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
    inputsOf: textsOfFile,
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

/** The text or pair of `--text` and `--text-pair`. @throws LibbertError ERR_OPTION for columns beside them */
export function givenText({ text, textPair, columns, columnNames }: TextFlags): TextInput {
  refuseColumns(columns, "a text, which has no columns,");
  refuseColumnNames("a text", { columnNames });
  return textPair === undefined ? text! : [text!, textPair];
}

/**
 * The texts of `--input`, in arrays, so that a file of any size fits in memory.
 *
 * @param input `-` for standard input or a .txt file: a text a line, empty ones included; else a .tsv, .csv or .jsonl
 *   file, whose labels are not needed
 * @throws LibbertError ERR_DATA, naming file and line
 */
export function textsOfFile(
  input: string,
  { columns, columnNames, textPair }: TextFlags,
): AsyncIterable<TextInput[]> {
  if (textPair !== undefined)
    throw new LibbertError("ERR_OPTION", "Expected --text-pair beside --text, not beside --input", {
      option: "textPair",
    });
  const isOfLines = input === "-" || extname(input).toLowerCase() === ".txt";
  if (isOfLines) {
    refuseColumns(columns, "lines of text, which have no columns,");
    refuseColumnNames("what has lines of text", { columnNames });
  }
  if (input === "-") return linesAsTexts("standard input", process.stdin);
  if (isOfLines) return linesAsTexts(input);
  return rowsAsTexts(input, { columns, columnNames });
}

function refuseColumns(columns: TextColumns | undefined, what: string): void {
  const [column] = Object.entries(columns ?? {});
  if (column) throw expected(`no value beside ${what}`, `columns.${column[0]}`, column[1]);
}

/** Lines are passed on as they arrive: who types or pipes them need not wait for a full array. */
async function* linesAsTexts(name: string, bytes?: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  let empty = true;
  for await (const lines of readLines(name, bytes)) {
    empty = false;
    yield* chunked(lines, { size: TEXTS_PER_ARRAY });
  }
  if (empty) throw dataError(name, "at least one line", "none");
}

async function* rowsAsTexts(
  file: string,
  reading: { columns?: TextColumns; columnNames?: string[] },
): AsyncGenerator<TextInput[]> {
  for await (const rows of readTextExamples(file, reading, () => null))
    yield rows.map(({ text, textPair }) => (textPair === undefined ? text : [text, textPair]));
}

function textsOf(input: TextInput): readonly string[] {
  return typeof input === "string" ? [input] : input;
}

/** A text, or a pair, as fields of a JSON object. */
export function textFields(input: TextInput): { text: string; textPair?: string } {
  return typeof input === "string" ? { text: input } : { text: input[0], textPair: input[1] };
}
