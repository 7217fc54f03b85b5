import { extname } from "node:path";
import type { LibbertError } from "../../errors.js";
import { dataError } from "../data-error.js";
import { readJsonLines } from "./json-lines.js";
import { asFields, type Row } from "./row.js";
import { readCsv, readTsv, type TableReading } from "./tables.js";

/** Where rows come from: the path of a .tsv, .csv or .jsonl file, or rows in memory. */
export type RowSource = string | Iterable<Record<string, unknown>> | AsyncIterable<Record<string, unknown>>;

export interface RowReading extends TableReading {
  /** What errors call rows in memory: `train` makes `train, row 12`. Default: no name. */
  name?: string;
  /** Stop after this many rows. Default: all of them. */
  limit?: number;
}

const FILE_READERS: Record<string, (path: string, reading: TableReading) => AsyncGenerator<Row>> = {
  ".tsv": readTsv,
  ".csv": readCsv,
  ".jsonl": readJsonLines,
};

/**
 * The rows of a file or an iterable, one by one. A .tsv file has a header line and no quoting (as in GLUE), a .csv
 * file a header line and RFC 4180 quoting, a .jsonl file one object a line; blank lines are passed over.
 *
 * @throws LibbertError ERR_DATA, naming file and line: no such file, an extension that is not one of the three, no
 *   rows at all, a row with too few or too many columns, broken quoting or JSON, a row that is no object
 */
export async function* readRows(source: RowSource, reading: RowReading = {}): AsyncGenerator<Row> {
  const { limit = Number.POSITIVE_INFINITY, name } = reading;
  let count = 0;
  for await (const row of typeof source === "string"
    ? readFile(source, reading)
    : readObjects(source, name)) {
    yield row;
    if (++count >= limit) return;
  }
  if (count === 0) throw noRows(typeof source === "string" ? source : (name ?? "the rows given"));
}

/** The error about a source without rows. */
export function noRows(place: string): LibbertError {
  return dataError(place, "at least one row", "none");
}

function readFile(path: string, reading: TableReading): AsyncGenerator<Row> {
  const extension = extname(path).toLowerCase();
  const read = FILE_READERS[extension];
  if (!read) throw dataError(path, "a file that ends in .tsv, .csv or .jsonl", extension || "no extension");
  return read(path, reading);
}

async function* readObjects(
  objects: Iterable<unknown> | AsyncIterable<unknown>,
  name?: string,
): AsyncGenerator<Row> {
  let number = 0;
  for await (const fields of objects) {
    const place = `${name === undefined ? "" : `${name}, `}row ${++number}`;
    yield { fields: asFields(fields, place), place };
  }
}
