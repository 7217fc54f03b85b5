import { textIn } from "../../data/readers/columns.js";
import { fromEach } from "../../data/readers/each-file.js";
import { type RowObserver, readEach } from "../../data/readers/each-row.js";
import { extensionOf } from "../../data/readers/file-form.js";
import type { Row } from "../../data/readers/row.js";
import {
  type RowInput,
  type RowReading,
  readRowFile,
  readRows,
  refuseColumnNames,
} from "../../data/readers/rows.js";
import { STANDARD_INPUT } from "../../data/readers/standard-input.js";
import { readTextLines } from "../../data/readers/text-lines.js";
import { expected } from "../../errors.js";
import { areFiles, type Files, pathsOf } from "../../options/row-options.js";

export interface TextRowOptions extends RowObserver {
  /** What errors call rows in memory. Default: no name. */
  name?: string;
  /** The column to read. Default: `text`. */
  column?: string;
  /** Names of all columns of a table without a header line. */
  columnNames?: readonly string[];
  /** What is read with the same options: columns may be named for it alone. Default: nothing */
  others?: readonly RowInput[];
  /** Take the first so many texts. Default: all. */
  limit?: number;
}

/** A text, and where it stands: `texts.txt, line 12`. */
export interface LocatedText {
  text: string;
  location: string;
}

/**
 * The texts of a data set without labels, in arrays as they come: the lines of .txt files, or of standard input (blank
 * ones are passed over), or a column of rows.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readRows` throws, a missing column, a text that is no string
 */
export async function* readLocatedTexts(
  source: RowInput,
  options: TextRowOptions = {},
): AsyncGenerator<LocatedText[]> {
  const { column = "text", ...reading } = options;
  const textsIn = (rows: readonly Row[], name: string) =>
    readEach(rows, reading, (row) => ({
      text: textIn(row, name, "columns.text"),
      location: row.location,
    }));
  if (!areFiles(source)) {
    for await (const rows of readRows(source, reading)) yield textsIn(rows, column);
    return;
  }
  const { others = [] } = reading;
  if (options.column !== undefined && [source, ...others].every(isOfLines))
    throw expected(
      `no value, as the lines of ${pathsOf(source)[0]} have no columns,`,
      "columns.text",
      column,
    );
  yield* fromEach(source, reading.limit, async function* (path, limit) {
    const beside = pathsOf(source).filter((other) => other !== path);
    const ofFile = { ...reading, others: [...others, ...beside], limit };
    if (isOfLines(path)) for await (const rows of lineRows(path, ofFile)) yield textsIn(rows, "text");
    else for await (const rows of readRowFile(path, ofFile)) yield textsIn(rows, column);
  });
}

function isOfLines(source: RowInput): source is Files {
  if (!areFiles(source)) return false;
  return pathsOf(source).every((path) => path === STANDARD_INPUT || extensionOf(path) === ".txt");
}

/** The lines of a file that are not blank, each as a row whose `text` it is. */
async function* lineRows(path: string, reading: RowReading & { limit: number }): AsyncGenerator<Row[]> {
  refuseColumnNames(path, reading);
  yield* readTextLines(path, reading);
}
