import { guessedLabel, guessedPair, guessedText } from "./guessed-columns.js";
import { missingColumn, textIn } from "./readers/columns.js";
import { readEach } from "./readers/each-row.js";
import type { Row } from "./readers/row.js";
import { type RowInput, type RowReading, readRows } from "./readers/rows.js";

/** One text, or pair of texts, with what a model is to say of it. */
export interface TextExample<Label> {
  text: string;
  textPair?: string;
  label: Label;
  /** Where it stands, for errors: `train.tsv, line 12`. */
  location: string;
}

/** The names of the columns that hold the texts. */
export interface TextColumns {
  /** Default: `text` or `sentence`; for pairs also `sentence1`; else what `guessedPair` and `guessedText` find. */
  text?: string;
  /** Default: `textPair` beside `text`, `sentence2` beside `sentence1`, else none. */
  textPair?: string;
}

/** How labelled texts are read. */
export interface TextReading extends RowReading {
  columns?: TextColumns & { label?: string };
}

/** Default columns for text and its pair, the first that fits wins. */
const PAIRS = [
  { text: "sentence1", textPair: "sentence2" },
  { text: "text", textPair: "textPair" },
];
const SINGLE = [{ text: "text" }, { text: "sentence" }];

/**
 * The examples of a data set, in arrays as they come.
 *
 * @param labelOf what the row says of its text; its errors pass through
 * @throws LibbertError ERR_DATA, naming the location: whatever `readRows` throws, a column that is not there, a text
 *   that is no string
 */
export async function* readTextExamples<Label>(
  source: RowInput,
  options: TextReading,
  labelOf: (row: Row) => Label,
): AsyncGenerator<TextExample<Label>[]> {
  const { columns = {}, ...reading } = options;
  let textColumns: { text: string; textPair?: string } | undefined;
  for await (const rows of readRows(source, reading)) {
    textColumns ??= chooseTextColumns(columns, rows[0]!, reading);
    const { text, textPair } = textColumns;
    yield readEach(rows, reading, (row) => ({
      text: textIn(row, text, "columns.text"),
      ...(textPair !== undefined && { textPair: textIn(row, textPair, "columns.textPair") }),
      label: labelOf(row),
      location: row.location,
    }));
  }
}

/** Settles the text columns on the first row, so that every row is read the same way. */
function chooseTextColumns(
  { text, textPair, label }: TextColumns & { label?: string },
  row: Row,
  reading: RowReading,
): { text: string; textPair?: string } {
  if (text !== undefined) return { text, textPair };
  const has = (names: object) => Object.values(names).every((name) => Object.hasOwn(row.fields, name));
  const defaults =
    PAIRS.find(has) ?? guessedPair(row, reading) ?? SINGLE.find(has) ?? guessedText(row, label, reading);
  if (defaults) return { ...defaults, ...(textPair !== undefined && { textPair }) };
  throw missingColumn(row, ["text", "sentence", "sentence1"], "columns.text");
}

/**
 * Finds a label's column: that of the first name that the first row has, or else what `guessedLabel` finds.
 *
 * @param names the default ones
 * @returns a function from a row to that column's value; it throws ERR_DATA for a row without the column
 */
export function labelColumn(
  names: readonly string[],
  { columns = {}, ...reading }: TextReading,
): (row: Row) => { value: unknown; column: string } {
  const wanted = columns.label === undefined ? names : [columns.label];
  let column: string | undefined;
  return (row) => {
    column ??= wanted.find((name) => Object.hasOwn(row.fields, name));
    if (columns.label === undefined) column ??= guessedLabel(row, columns, reading);
    if (column === undefined || !Object.hasOwn(row.fields, column)) {
      throw missingColumn(row, column === undefined ? wanted : [column], "columns.label");
    }
    return { value: row.fields[column], column };
  };
}
