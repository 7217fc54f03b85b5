import { pipeline, Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { chunked } from "../../arrays.js";
import { dataError, quoted } from "../data-error.js";
import { readLines } from "./lines.js";
import type { Row } from "./row.js";

/** How a table departs from one with a header line and as many cells in every row. */
export interface TableReading {
  /**
   * Names of the columns, for a table without a header line. A first line that has one of these names for a cell is
   * taken as the header all the same. Default: the first line is the header.
   */
  columnNames?: readonly string[];
  /** Stop after this many rows. Default: all of them. */
  limit?: number;
  /** Is told the location of a row with too few or too many cells, which is passed over. Default: such a row is an error. */
  onBrokenRow?: (location: string) => void;
}

/** One record of a table, and the file's line on which it starts. */
interface Cells {
  cells: string[];
  lineNumber: number;
}

/** A record as csv-parse gives it with `info`: `lines` is the number of its last line. */
interface InformedRecord {
  record: string[];
  info: { lines: number };
}

/** Records that csv-parse gives, so many at a time. */
const RECORDS_PER_ARRAY = 1024;

/** The rows of a tab-separated file. A quote is a character like any other. */
export function readTsv(path: string, reading: TableReading = {}): AsyncGenerator<Row[]> {
  return nameCells(readTsvCells(path), path, reading);
}

/** The rows of a comma-separated file with RFC 4180 quoting. */
export function readCsv(path: string, reading: TableReading = {}): AsyncGenerator<Row[]> {
  return nameCells(readCsvCells(path, reading.limit), path, reading);
}

async function* readTsvCells(path: string): AsyncGenerator<Cells[]> {
  let linesBefore = 0;
  for await (const lines of readLines(path)) {
    const first = linesBefore + 1;
    linesBefore += lines.length;
    yield lines
      .map((line, index) => ({ line, lineNumber: first + index }))
      .filter(({ line }) => line !== "")
      .map(({ line, lineNumber }) => ({ cells: line.split("\t"), lineNumber }));
  }
}

/** @param limit how many rows are wanted: they must not wait for records behind them, which may be broken */
async function* readCsvCells(path: string, limit = Number.POSITIVE_INFINITY): AsyncGenerator<Cells[]> {
  let nextLine = 1;
  const parser = parse({
    info: true,
    record_delimiter: "\n",
    relax_column_count: true, // the number of cells is checked for both kinds of table in one place
    skip_empty_lines: true,
    on_record: (record, { lines }) => {
      nextLine = lines + 1;
      return record;
    },
  });
  // An error on either side reaches the loop below, and leaving the loop early closes the file.
  pipeline(Readable.from(csvText(path)), parser, () => {});
  try {
    const records = parser as AsyncIterable<InformedRecord>;
    for await (const some of chunked(records, { size: Math.min(limit + 1, RECORDS_PER_ARRAY) }))
      yield some.map(({ record: cells, info }) => ({ cells, lineNumber: info.lines - lineBreaksIn(cells) }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser misses a closing quote at the end of the file only; the record began after the last whole one.
    const line = error.code === "CSV_QUOTE_NOT_CLOSED" ? nextLine : error.lines;
    throw dataError(`${path}, line ${line}`, "quoting as in RFC 4180", error.message, { cause: error });
  }
}

function lineBreaksIn(cells: string[]): number {
  return cells.join("").split("\n").length - 1;
}

/** Lines that all end with LF: the parser would count a CRLF inside quotes as two lines. */
async function* csvText(path: string): AsyncGenerator<string> {
  for await (const lines of readLines(path)) yield `${lines.join("\n")}\n`;
}

/** Names the cells of every record by the header: the first record, or the names given. */
async function* nameCells(
  records: AsyncGenerator<Cells[]>,
  path: string,
  { columnNames, onBrokenRow, limit = Number.POSITIVE_INFINITY }: TableReading,
): AsyncGenerator<Row[]> {
  let header: readonly string[] | undefined;
  let count = 0;
  for await (const some of records) {
    const rows: Row[] = [];
    for (const { cells, lineNumber } of some) {
      if (count === limit) break;
      const location = `${path}, line ${lineNumber}`;
      if (!header) {
        const isHeader = columnNames === undefined || cells.some((cell) => columnNames.includes(cell));
        header = isHeader ? checkedHeader(cells, location) : columnNames;
        if (isHeader) continue;
      }
      if (cells.length === header.length) {
        rows.push({ fields: namedCells(header, cells), location });
        count++;
      } else if (onBrokenRow) {
        onBrokenRow(location);
      } else {
        throw dataError(location, `${header.length} columns (${quoted(header)})`, String(cells.length));
      }
    }
    yield rows;
    if (count === limit) return;
  }
}

function namedCells(header: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(header.map((name, column) => [name, cells[column]!]));
}

function checkedHeader(names: string[], location: string): string[] {
  const repeated = names.find((name, column) => names.indexOf(name) < column);
  if (repeated !== undefined) {
    throw dataError(location, "a header with distinct column names", `${JSON.stringify(repeated)} twice`);
  }
  return names;
}
