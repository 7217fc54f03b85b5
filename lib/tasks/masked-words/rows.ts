import { extname } from "node:path";
import { textIn } from "../../data/readers/columns.js";
import { readLines } from "../../data/readers/lines.js";
import { type RowInput, readRows, refuseColumnNames } from "../../data/readers/rows.js";
import { openStandardInput, STANDARD_INPUT, STANDARD_INPUT_NAME } from "../../data/readers/standard-input.js";
import { expected, LibbertError } from "../../errors.js";

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
 * The texts of a data set without labels, in arrays as they come: the lines of a .txt file, or of standard input (blank
 * ones are passed over), or a column of rows.
 *
 * @throws LibbertError ERR_DATA, naming the location: whatever `readRows` throws, a missing column, a text that is no string
 */
export async function* readTexts(source: RowInput, options: TextRowOptions = {}): AsyncGenerator<string[]> {
  const { column: named, ...reading } = options;
  const column = named ?? "text";
  if (isOfLines(source)) {
    if (named !== undefined && (reading.others ?? []).every(isOfLines))
      throw expected(`no value, as the lines of ${source} have no columns,`, "columns.text", named);
    refuseColumnNames(source, reading);
    yield* textLines(source, reading.limit);
    return;
  }
  for await (const rows of readRows(source, reading))
    yield rows.map((row) => textIn(row, column, "columns.text"));
}

function isOfLines(source: RowInput): source is string {
  return (
    typeof source === "string" && (source === STANDARD_INPUT || extname(source).toLowerCase() === ".txt")
  );
}

async function* textLines(source: string, limit = Number.POSITIVE_INFINITY): AsyncGenerator<string[]> {
  const isFile = source !== STANDARD_INPUT;
  const path = isFile ? source : STANDARD_INPUT_NAME;
  let count = 0;
  for await (const lines of isFile ? readLines(path) : (await openStandardInput()).lines) {
    const texts = lines.filter((line) => line.trim() !== "").slice(0, limit - count);
    count += texts.length;
    if (texts.length > 0) yield texts;
    if (count >= limit) return;
  }
  if (count > 0) return;
  throw new LibbertError("ERR_DATA", `${path}: Expected at least one line of text but received none`);
}
