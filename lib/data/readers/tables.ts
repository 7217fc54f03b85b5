import { isDeepStrictEqual } from "node:util";
import { firstRepeated } from "../../arrays.js";
import type { LibbertError } from "../../errors.js";
import { warn } from "../../warn.js";
import { dataError, quoted } from "../data-error.js";
import { type CsvRecord, CsvRecords } from "./csv-records.js";
import { delimiterIn } from "./delimiter.js";
import { readLines } from "./lines.js";
import type { Row } from "./row.js";

/** How a table departs from one with a header line and as many cells in every row. */
export interface TableReading {
  /**
   * Names of the columns, for a table without a header line. A first line of just these names is taken as the header
   * all the same. Default: the first line is the header.
   */
  columnNames?: readonly string[];
  /** Whether a first line that has one of these names for a cell is the header, too. Default: false */
  mayHaveOtherHeader?: boolean;
  /** Where the lines come from. Default: the file */
  lines?: AsyncIterable<string[]>;
  /** Stop after this many rows. Default: all of them. */
  limit?: number;
  /** Is told what was guessed, and what may be meant otherwise. Default: a warning of the process */
  notify?: (message: string) => void;
  /** Is told of a row that cannot be read, which is passed over. Default: such a row is an error. */
  onBrokenRow?: (location: string, error: LibbertError) => void;
}

/** One record of a table, and the file's line on which it starts. */
type Cells = CsvRecord;

/** The rows of a tab-separated file. A quote is a character like any other; one that seems to be more is told. */
export function readTsv(path: string, reading: TableReading = {}): AsyncGenerator<Row[]> {
  return nameCells(readTsvCells(path, reading), path, reading);
}

/** The rows of a file separated by commas, or what `delimiterIn` finds, with RFC 4180 quoting. */
export function readCsv(path: string, reading: TableReading = {}): AsyncGenerator<Row[]> {
  return nameCells(readCsvCells(path, reading), path, reading);
}

async function* readTsvCells(
  path: string,
  { lines: source = readLines(path), notify = warn }: TableReading,
): AsyncGenerator<Cells[]> {
  let linesBefore = 0;
  let isTold = false;
  for await (const lines of source) {
    const first = linesBefore + 1;
    linesBefore += lines.length;
    const records = lines
      .map((text, index) => ({ text, line: first + index }))
      .filter(({ text }) => text !== "")
      .map(({ text, line }) => ({ cells: text.split("\t"), line }));
    const quotedCell = isTold ? undefined : records.find(({ cells }) => cells.some(isQuoted));
    if (quotedCell !== undefined) {
      isTold = true;
      notify(
        `${path}, line ${quotedCell.line}: cells keep their quotes, as a .tsv file has none that count: ` +
          "if they do here, read it as .csv, which may have tabs, too",
      );
    }
    yield records;
  }
}

/** Whether a cell is as CSV has one that holds quotes: within quotes, and those doubled. */
function isQuoted(cell: string): boolean {
  if (!cell.startsWith('"') || !cell.endsWith('"')) return false;
  const inner = cell.slice(1, -1);
  return inner.includes('""') && !inner.replaceAll('""', "").includes('"');
}

/** Records are handed on before one behind them is found broken: no one may want that one. */
async function* readCsvCells(
  path: string,
  { columnNames, lines: source = readLines(path) }: TableReading,
): AsyncGenerator<Cells[]> {
  let records: CsvRecords | undefined;
  for await (const lines of source) {
    const whole: Cells[] = [];
    try {
      for (const line of lines) {
        if (line !== "") records ??= new CsvRecords(path, delimiterIn(lines, columnNames));
        const record = records?.next(line);
        if (record) whole.push(record);
      }
    } catch (error) {
      yield whole;
      throw error;
    }
    yield whole;
  }
  records?.end();
}

/** Names the cells of every record by the header: the first record, or the names given. */
async function* nameCells(
  records: AsyncGenerator<Cells[]>,
  path: string,
  { columnNames, mayHaveOtherHeader = false, onBrokenRow, limit = Number.POSITIVE_INFINITY }: TableReading,
): AsyncGenerator<Row[]> {
  let header: readonly string[] | undefined;
  let count = 0;
  for await (const some of records) {
    const rows: Row[] = [];
    for (const { cells, line } of some) {
      if (count === limit) break;
      const location = `${path}, line ${line}`;
      if (!header) {
        const isHeader =
          columnNames === undefined ||
          isDeepStrictEqual(cells, columnNames) ||
          (mayHaveOtherHeader && cells.some((cell) => columnNames.includes(cell)));
        header = isHeader ? checkedHeader(cells, location) : columnNames;
        if (isHeader) continue;
      }
      const error = faultOf(cells, header, location);
      if (error === null) {
        rows.push({ fields: namedCells(header, cells), location });
        count++;
      } else {
        if (!onBrokenRow) throw error;
        onBrokenRow(location, error);
      }
    }
    yield rows;
    if (count === limit) return;
  }
}

/** Why a record is no row: it has more or fewer cells than the header, or is the header of another file that was put behind this one. */
function faultOf(cells: readonly string[], header: readonly string[], location: string): LibbertError | null {
  if (cells.length !== header.length)
    return dataError(location, `${header.length} columns (${quoted(header)})`, String(cells.length));
  const isHeader = cells.length > 1 && cells.every((cell, column) => withoutMark(cell) === header[column]);
  return isHeader ? dataError(location, "a row", `the header again (${quoted(header)})`) : null;
}

/** The text without the byte-order mark of a file that was put behind another one. */
function withoutMark(cell: string): string {
  return cell.startsWith("\ufeff") ? cell.slice(1) : cell;
}

function namedCells(header: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(header.map((name, column) => [name, cells[column]!]));
}

function checkedHeader(names: string[], location: string): string[] {
  const repeated = firstRepeated(names);
  if (repeated !== undefined) {
    throw dataError(location, "a header with distinct column names", `${JSON.stringify(repeated)} twice`);
  }
  return names;
}
