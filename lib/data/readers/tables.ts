import { pipeline, Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
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
  /** Is told the place of a row with too few or too many cells, which is passed over. Default: such a row is an error. */
  onBrokenRow?: (place: string) => void;
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

/** The rows of a tab-separated file. A quote is a character like any other. */
export function readTsv(path: string, reading: TableReading = {}): AsyncGenerator<Row> {
  return nameCells(readTsvCells(path), path, reading);
}

/** The rows of a comma-separated file with RFC 4180 quoting. */
export function readCsv(path: string, reading: TableReading = {}): AsyncGenerator<Row> {
  return nameCells(readCsvCells(path), path, reading);
}

async function* readTsvCells(path: string): AsyncGenerator<Cells> {
  let lineNumber = 0;
  for await (const lines of readLines(path)) {
    for (const line of lines) {
      lineNumber++;
      if (line !== "") yield { cells: line.split("\t"), lineNumber };
    }
  }
}

async function* readCsvCells(path: string): AsyncGenerator<Cells> {
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
    for await (const { record: cells, info } of parser as AsyncIterable<InformedRecord>) {
      yield { cells, lineNumber: info.lines - lineBreaksIn(cells) };
    }
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
  records: AsyncGenerator<Cells>,
  path: string,
  { columnNames, onBrokenRow }: TableReading,
): AsyncGenerator<Row> {
  let header: readonly string[] | undefined;
  for await (const { cells, lineNumber } of records) {
    const place = `${path}, line ${lineNumber}`;
    if (!header) {
      const isHeader = columnNames === undefined || cells.some((cell) => columnNames.includes(cell));
      header = isHeader ? checkedHeader(cells, place) : columnNames;
      if (isHeader) continue;
    }
    if (cells.length === header.length) {
      yield { fields: Object.fromEntries(header.map((name, column) => [name, cells[column]])), place };
    } else if (onBrokenRow) {
      onBrokenRow(place);
    } else {
      throw dataError(place, `${header.length} columns (${quoted(header)})`, String(cells.length));
    }
  }
}

function checkedHeader(names: string[], place: string): string[] {
  const repeated = names.find((name, column) => names.indexOf(name) < column);
  if (repeated !== undefined) {
    throw dataError(place, "a header with distinct column names", `${JSON.stringify(repeated)} twice`);
  }
  return names;
}
