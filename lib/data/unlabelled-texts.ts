import { extname } from "node:path";
import { LibbertError } from "../errors.js";
import { textIn } from "./readers/columns.js";
import { readLines } from "./readers/lines.js";
import { type RowSource, readRows } from "./readers/rows.js";

export interface TextRowOptions {
  /** What errors call rows in memory. Default: no name. */
  name?: string;
  /** The column to read. Default: `text`. */
  column?: string;
  /** Take the first so many texts. Default: all. */
  limit?: number;
}

/**
 * The texts of a data set without labels, one by one: the lines of a .txt file (blank ones are passed over), or a column
 * of rows.
 *
 * @throws LibbertError ERR_DATA, naming the place: whatever `readRows` throws, a missing column, a text that is no string
 */
export async function* readTexts(source: RowSource, options: TextRowOptions = {}): AsyncGenerator<string> {
  const { column = "text", ...reading } = options;
  if (typeof source === "string" && extname(source).toLowerCase() === ".txt") {
    yield* textLines(source, reading.limit);
    return;
  }
  for await (const row of readRows(source, reading)) yield textIn(row, column);
}

async function* textLines(path: string, limit = Number.POSITIVE_INFINITY): AsyncGenerator<string> {
  let count = 0;
  for await (const lines of readLines(path)) {
    for (const line of lines) {
      if (line.trim() === "") continue;
      yield line;
      if (++count >= limit) return;
    }
  }
  if (count > 0) return;
  throw new LibbertError("ERR_DATA", `${path}: Expected at least one line of text but received none`);
}
