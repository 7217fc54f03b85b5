import { textIn } from "../../data/readers/columns.js";
import { fromEach } from "../../data/readers/each-file.js";
import { extensionOf } from "../../data/readers/file-form.js";
import type { Row } from "../../data/readers/row.js";
import {
  type RowInput,
  type RowReading,
  readRowFile,
  readRows,
  refuseColumnNames,
} from "../../data/readers/rows.js";
import { openLines, STANDARD_INPUT } from "../../data/readers/standard-input.js";
import { expected } from "../../errors.js";
import { areFiles, type Files, pathsOf } from "../../options/row-options.js";

export interface TextRowOptions {
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

/**
 * The texts of a data set without labels, in arrays as they come: the lines of .txt files, or of standard input (blank
 * ones are passed over), or a column of rows.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readRows` throws, a missing column, a text that is no string
 */
export async function* readTexts(source: RowInput, options: TextRowOptions = {}): AsyncGenerator<string[]> {
  const { column, ...reading } = options;
  if (!areFiles(source)) {
    for await (const rows of readRows(source, reading)) yield textsIn(rows, column);
    return;
  }
  const { others = [] } = reading;
  if (column !== undefined && [source, ...others].every(isOfLines))
    throw expected(
      `no value, as the lines of ${pathsOf(source)[0]} have no columns,`,
      "columns.text",
      column,
    );
  yield* fromEach(source, reading.limit, async function* (path, limit) {
    const beside = pathsOf(source).filter((other) => other !== path);
    const ofFile = { ...reading, others: [...others, ...beside], limit };
    if (isOfLines(path)) yield* textLines(path, ofFile);
    else for await (const rows of readRowFile(path, ofFile)) yield textsIn(rows, column);
  });
}

function textsIn(rows: readonly Row[], column = "text"): string[] {
  return rows.map((row) => textIn(row, column, "columns.text"));
}

function isOfLines(source: RowInput): source is Files {
  if (!areFiles(source)) return false;
  return pathsOf(source).every((path) => path === STANDARD_INPUT || extensionOf(path) === ".txt");
}

async function* textLines(path: string, reading: RowReading & { limit: number }): AsyncGenerator<string[]> {
  refuseColumnNames(path, reading);
  let left = reading.limit;
  for await (const lines of openLines(path).lines) {
    const texts = lines.filter((line) => line.trim() !== "").slice(0, left);
    left -= texts.length;
    yield texts;
    if (left <= 0) return;
  }
}
