import { labelText } from "./labels.js";
import { missingColumn, missingLabel, textIn } from "./readers/columns.js";
import type { Row } from "./readers/row.js";
import { type RowSource, readRows } from "./readers/rows.js";

/** One text, or pair of texts, to classify. */
export interface ClassificationExample {
  text: string;
  textPair?: string;
  label: string | null;
  /** Where it stands, for errors: `train.tsv, line 12`. */
  place: string;
}

/** The names of the columns to read. */
export interface ClassificationColumns {
  /** Default: `text` or `sentence`; for pairs also `sentence1`. */
  text?: string;
  /** Default: `textPair` beside `text`, `sentence2` beside `sentence1`, else none. */
  textPair?: string;
  /** Default: `label`. */
  label?: string;
}

export interface ClassificationRowOptions {
  /** What errors call rows in memory. Default: no name. */
  name?: string;
  columns?: ClassificationColumns;
  /** Take the first so many rows. Default: all. */
  limit?: number;
  /** Whether a row without a label is an error; otherwise its label is `null`. Default: true. */
  requireLabels?: boolean;
}

/** Default columns for text and its pair, the first that fits wins. */
const TEXT_COLUMNS = [
  { text: "sentence1", textPair: "sentence2" },
  { text: "text", textPair: "textPair" },
  { text: "text" },
  { text: "sentence" },
];

/**
 * The examples of a classification data set, one by one.
 *
 * @throws LibbertError ERR_DATA, naming the place: whatever `readRows` throws, a column that is not there, a text
 *   that is no string, a missing label
 */
export async function* readClassificationExamples(
  source: RowSource,
  options: ClassificationRowOptions = {},
): AsyncGenerator<ClassificationExample> {
  const { columns = {}, requireLabels = true, ...reading } = options;
  const labelColumn = columns.label ?? "label";
  let textColumns: { text: string; textPair?: string } | undefined;
  for await (const row of readRows(source, reading)) {
    textColumns ??= chooseTextColumns(columns, row);
    const label = labelText(row.fields[labelColumn], row.place);
    if (label === null && requireLabels) throw missingLabel(row, labelColumn);
    yield {
      text: textIn(row, textColumns.text),
      ...(textColumns.textPair !== undefined && { textPair: textIn(row, textColumns.textPair) }),
      label,
      place: row.place,
    };
  }
}

/** Settles the text columns on the first row, so that every row is read the same way. */
function chooseTextColumns(columns: ClassificationColumns, row: Row): { text: string; textPair?: string } {
  const { text, textPair } = columns;
  if (text !== undefined) return { text, textPair };
  const defaults = TEXT_COLUMNS.find((names) => Object.values(names).every((name) => name in row.fields));
  if (defaults) return { ...defaults, ...(textPair !== undefined && { textPair }) };
  throw missingColumn(row, '"text" or "sentence" (or "sentence1" and "sentence2")');
}
