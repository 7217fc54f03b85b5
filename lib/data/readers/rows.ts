import { chunked } from "../../arrays.js";
import { expected } from "../../errors.js";
import { areFiles, type Files, type Format, pathsOf, type RowSource } from "../../options/row-options.js";
import { sameColumns } from "./columns.js";
import { fromEach, noRows } from "./each-file.js";
import { type RowObserver, readable } from "./each-row.js";
import { extensionOf, formOf, unknownForm } from "./file-form.js";
import { readJsonLines } from "./json-lines.js";
import { asFields, type Row } from "./row.js";
import {
  isJsonLine,
  openLines,
  openStandardInput,
  STANDARD_INPUT,
  STANDARD_INPUT_NAME,
} from "./standard-input.js";
import { readCsv, readTsv, type TableReading } from "./tables.js";
import { readTextLines } from "./text-lines.js";

/** Rows that come from elsewhere, many at a time. */
export interface RowArrays {
  readonly arrays: AsyncIterable<readonly unknown[]>;
}

export type RowInput = RowSource | RowArrays;

/** Whether rows are read of standard input, which can be read once alone. */
export function isStandardInput(source: RowInput | undefined): boolean {
  return areFiles(source) && pathsOf(source).includes(STANDARD_INPUT);
}

export interface RowReading extends TableReading, RowObserver {
  /** What errors call rows in memory: `train` makes `train, row 12`. Default: no name. */
  name?: string;
  /** The form of all files, whatever their names. Default: what the name ends in */
  format?: Format;
  /** What is read with the same options: names of columns may be meant for it alone. Default: nothing */
  others?: readonly RowInput[];
  /** Whether the lines of .txt files are rows, too, of a text alone. Default: false */
  takesLines?: boolean;
}

const FILE_READERS: Record<string, (path: string, reading: TableReading) => AsyncGenerator<Row[]>> = {
  ".tsv": readTsv,
  ".csv": readCsv,
  ".jsonl": readJsonLines,
  ".parquet": readParquetFile,
};

/** The reader's thirty modules are loaded where such a file is read. */
async function* readParquetFile(path: string, reading: TableReading): AsyncGenerator<Row[]> {
  const { readParquet } = await import("./parquet/read-parquet.js");
  yield* readParquet(path, reading);
}

/** Extensions of the files that `readRows` reads. */
export const ROW_FILES = Object.keys(FILE_READERS);

const TEXT_LINES = ".txt";

/** Tables of text, of which a header line may be missing. */
const TEXT_TABLES = [".tsv", ".csv"];

/** Of rows in memory, so many are handed on at a time. */
const ROWS_PER_ARRAY = 1024;

/**
 * The rows of files or an iterable, in arrays as they come. A .tsv file has a header line and no quoting (as in GLUE), a
 * .csv file a header line and RFC 4180 quoting, a .jsonl file one object a line, `-`, standard input, any of the three; blank
 * lines are passed over. Each may be packed with gzip. A .parquet file is read as `readParquet` says. Several tables have
 * the same columns.
 *
 * @throws LibbertError ERR_DATA, naming file and line: no such file, an extension that is not one of these, no
 *   rows at all, a row with too few or too many columns, broken quoting or JSON, a row that is no object, columns of a
 *   table that are not those of the table before
 */
export async function* readRows(source: RowInput, reading: RowReading = {}): AsyncGenerator<Row[]> {
  const { limit, others = [] } = reading;
  if (!areFiles(source)) {
    yield* readObjects(source, reading);
    return;
  }
  const check = sameColumns();
  yield* fromEach(source, limit, async function* (path, left) {
    const form = formOf(path, reading.format);
    let isFirst = form !== ".jsonl" && form !== TEXT_LINES; // whose rows need not have the same fields
    const beside = pathsOf(source).filter((other) => other !== path);
    const ofFile = { ...reading, others: [...others, ...beside], limit: left };
    for await (const rows of readRowFile(path, ofFile)) {
      if (isFirst && rows.length > 0) check(rows[0]!, path);
      isFirst &&= rows.length === 0;
      yield rows;
    }
  });
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
  if (!areFiles(source)) return false;
  return pathsOf(source).some((path) => path === STANDARD_INPUT || TEXT_TABLES.includes(extensionOf(path)));
}

/** Standard input shows what it holds: lines of JSON, or a table whose header has tabs or not. */
async function* readStandardInput(reading: RowReading): AsyncGenerator<Row[]> {
  const { first, lines } = await openStandardInput();
  const isJson = isJsonLine(first);
  if (isJson) refuseColumnNames(STANDARD_INPUT_NAME, reading);
  const read = isJson ? readJsonLines : first.includes("\t") ? readTsv : readCsv;
  yield* read(STANDARD_INPUT_NAME, { ...reading, lines });
}

/** The rows of one file, which may have none. */
export function readRowFile(path: string, reading: RowReading = {}): AsyncGenerator<Row[]> {
  const { format, takesLines = false } = reading;
  if (path === STANDARD_INPUT && format === undefined) return readStandardInput(reading);
  const form = formOf(path, format);
  const isLines = takesLines && form === TEXT_LINES;
  const read = FILE_READERS[form];
  if (!read && !isLines) throw unknownForm(path, takesLines ? [...ROW_FILES, TEXT_LINES] : ROW_FILES);
  if (!TEXT_TABLES.includes(form)) refuseColumnNames(path, reading);
  if (!read) return readTextLines(path, reading);
  if (form === ".parquet") return readParquetFile(path, reading);
  const { name, lines } = openLines(path);
  return read(name, { ...reading, lines });
}

async function* readObjects(
  source: Exclude<RowInput, Files>,
  { name, limit = Number.POSITIVE_INFINITY, ...reading }: RowReading,
): AsyncGenerator<Row[]> {
  refuseColumnNames(name ?? "what was given", reading);
  const prefix = name === undefined ? "" : `${name}, `;
  let number = 0;
  for await (const objects of arraysOf(source, limit)) {
    const rows = objects.slice(0, limit - number).flatMap((object) => {
      const location = `${prefix}row ${++number}`;
      const fields = readable(location, reading, () => asFields(object, location));
      return fields === undefined ? [] : [{ fields, location }];
    });
    if (rows.length > 0) yield rows;
    if (number >= limit) return;
  }
  if (number === 0) throw noRows(name ?? "the rows given");
}

function arraysOf(source: Exclude<RowInput, Files>, limit: number): AsyncIterable<readonly unknown[]> {
  if ("arrays" in source) return source.arrays;
  return chunked<unknown>(source, { size: Math.min(limit, ROWS_PER_ARRAY) });
}
