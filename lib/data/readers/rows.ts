import { extname } from "node:path";
import { chunked } from "../../arrays.js";
import { expected, type LibbertError } from "../../errors.js";
import type { RowSource } from "../../options/row-options.js";
import { dataError } from "../data-error.js";
import { readJsonLines } from "./json-lines.js";
import { asFields, type Row } from "./row.js";
import { isJsonLine, openStandardInput, STANDARD_INPUT, STANDARD_INPUT_NAME } from "./standard-input.js";
import { readCsv, readTsv, type TableReading } from "./tables.js";

/** Rows that come from elsewhere, many at a time. */
export interface RowArrays {
  readonly arrays: AsyncIterable<readonly unknown[]>;
}

export type RowInput = RowSource | RowArrays;

export interface RowReading extends TableReading {
  /** What errors call rows in memory: `train` makes `train, row 12`. Default: no name. */
  name?: string;
  /** What is read with the same options: names of columns may be meant for it alone. Default: nothing */
  others?: readonly RowInput[];
}

const FILE_READERS: Record<string, (path: string, reading: TableReading) => AsyncGenerator<Row[]>> = {
  ".tsv": readTsv,
  ".csv": readCsv,
  ".jsonl": readJsonLines,
};

/** Extensions of the files that `readRows` reads. */
export const ROW_FILES = Object.keys(FILE_READERS);

/** Of rows in memory, so many are handed on at a time. */
const ROWS_PER_ARRAY = 1024;

/**
 * The rows of a file or an iterable, in arrays as they come. A .tsv file has a header line and no quoting (as in GLUE), a
 * .csv file a header line and RFC 4180 quoting, a .jsonl file one object a line, `-`, standard input, any of the three; blank
 * lines are passed over.
 *
 * @throws LibbertError ERR_DATA, naming file and line: no such file, an extension that is not one of the three, no
 *   rows at all, a row with too few or too many columns, broken quoting or JSON, a row that is no object
 */
export async function* readRows(source: RowInput, reading: RowReading = {}): AsyncGenerator<Row[]> {
  const { name, limit = Number.POSITIVE_INFINITY } = reading;
  if (typeof source !== "string") refuseColumnNames(name ?? "what was given", reading);
  let count = 0;
  for await (const rows of typeof source === "string"
    ? readFile(source, reading)
    : readObjects(source, { name, limit })) {
    count += rows.length;
    if (rows.length > 0) yield rows;
    if (count >= limit) return;
  }
  if (count === 0) throw noRows(nameOf(source, name));
}

function nameOf(source: RowInput, name = "the rows given"): string {
  if (typeof source !== "string") return name;
  return source === STANDARD_INPUT ? STANDARD_INPUT_NAME : source;
}

/** The error about a source without rows. */
export function noRows(location: string): LibbertError {
  return dataError(location, "at least one row", "none");
}

/** @throws LibbertError ERR_OPTION for names of columns where neither this nor what else is read is a table */
export function refuseColumnNames(
  what: string,
  { columnNames, others = [] }: Pick<RowReading, "columnNames" | "others">,
): void {
  if (columnNames === undefined || others.some(mayBeTable)) return;
  throw expected(`no value, as ${what} is no table without a header line,`, "columnNames", columnNames);
}

/** What standard input holds shows when it is read. */
function mayBeTable(source: RowInput): boolean {
  if (typeof source !== "string") return false;
  return source === STANDARD_INPUT || [".tsv", ".csv"].includes(extname(source).toLowerCase());
}

/** Standard input shows what it holds: lines of JSON, or a table whose header has tabs or not. */
async function* readStandardInput(reading: RowReading): AsyncGenerator<Row[]> {
  const { first, lines } = await openStandardInput();
  const isJson = isJsonLine(first);
  if (isJson) refuseColumnNames(STANDARD_INPUT_NAME, reading);
  const read = isJson ? readJsonLines : first.includes("\t") ? readTsv : readCsv;
  yield* read(STANDARD_INPUT_NAME, { ...reading, lines });
}

function readFile(path: string, reading: RowReading): AsyncGenerator<Row[]> {
  if (path === STANDARD_INPUT) return readStandardInput(reading);
  const extension = extname(path).toLowerCase();
  const read = FILE_READERS[extension];
  if (!read) throw dataError(path, "a file that ends in .tsv, .csv or .jsonl", extension || "no extension");
  if (read === readJsonLines) refuseColumnNames(path, reading);
  return read(path, reading);
}

async function* readObjects(
  source: Exclude<RowInput, string>,
  { name, limit }: { name?: string; limit: number },
): AsyncGenerator<Row[]> {
  const prefix = name === undefined ? "" : `${name}, `;
  let number = 0;
  for await (const objects of arraysOf(source, limit)) {
    yield objects.slice(0, limit - number).map((fields) => {
      const location = `${prefix}row ${++number}`;
      return { fields: asFields(fields, location), location };
    });
  }
}

function arraysOf(source: Exclude<RowInput, string>, limit: number): AsyncIterable<readonly unknown[]> {
  if ("arrays" in source) return source.arrays;
  return chunked<unknown>(source, { size: Math.min(limit, ROWS_PER_ARRAY) });
}
