import { dataError } from "../data-error.js";

/** A quote that is never closed would take in the rest of the file. */
const LONGEST_CELL = 2 ** 24;

/** A cell in quotes that goes on on the next line. */
interface OpenCell {
  /** The cells before it, and the line that its record begins on. */
  cells: string[];
  recordLine: number;
  /** Its lines so far, and their length. */
  lines: string[];
  length: number;
  quoteLine: number;
}

export interface CsvRecord {
  cells: string[];
  /** The line that it begins on. */
  line: number;
}

/** Puts lines together to records with RFC 4180 quoting. Blank lines between records are passed over. */
export class CsvRecords {
  #open: OpenCell | null = null;
  #line = 0;

  constructor(
    readonly path: string,
    readonly delimiter: string,
  ) {}

  /** Takes the next line. @returns the record that it ends @throws LibbertError ERR_DATA, naming the line of a quote */
  next(line: string): CsvRecord | null {
    this.#line++;
    if (this.#open) return this.#goOn(line, this.#open);
    if (line === "") return null;
    if (!line.includes('"')) return { cells: line.split(this.delimiter), line: this.#line };
    return this.#cellsFrom(line, 0, [], this.#line);
  }

  /** The file is over. @throws LibbertError ERR_DATA for a quote that was not closed */
  end(): void {
    if (this.#open) throw this.#notClosed(this.#open, "the end of the file");
  }

  #goOn(line: string, open: OpenCell): CsvRecord | null {
    const { cells, recordLine, lines, quoteLine } = open;
    open.length += line.length + 1;
    if (open.length > LONGEST_CELL) throw this.#notClosed(open, `more than ${LONGEST_CELL} characters`);
    const end = endOfQuoted(line, 0);
    if (end < 0) {
      lines.push(line);
      return null;
    }
    this.#open = null;
    cells.push(unquoted([...lines, line.slice(0, end)].join("\n")));
    return this.#behind(line, end + 1, cells, { recordLine, quoteLine });
  }

  /** The cells from a position on, at which one begins. */
  #cellsFrom(line: string, start: number, cells: string[], recordLine: number): CsvRecord | null {
    let from = start;
    for (;;) {
      if (line[from] === '"') {
        const end = endOfQuoted(line, from + 1);
        if (end >= 0) {
          cells.push(unquoted(line.slice(from + 1, end)));
          if (end + 1 === line.length) return { cells, line: recordLine };
          if (line[end + 1] !== this.delimiter) throw this.#textBehind(line, end + 1, this.#line);
          from = end + 2;
          continue;
        }
        const first = line.slice(from + 1);
        this.#open = { cells, recordLine, lines: [first], length: first.length, quoteLine: this.#line };
        return null;
      }
      const end = line.indexOf(this.delimiter, from);
      const cell = line.slice(from, end < 0 ? line.length : end);
      if (cell.includes('"')) throw this.#quoteInside(cell);
      cells.push(cell);
      if (end < 0) return { cells, line: recordLine };
      from = end + 1;
    }
  }

  /** What follows a closing quote. */
  #behind(
    line: string,
    position: number,
    cells: string[],
    { recordLine, quoteLine }: { recordLine: number; quoteLine: number },
  ): CsvRecord | null {
    if (position === line.length) return { cells, line: recordLine };
    if (line[position] !== this.delimiter) throw this.#textBehind(line, position, quoteLine);
    return this.#cellsFrom(line, position + 1, cells, recordLine);
  }

  #notClosed({ quoteLine }: OpenCell, received: string) {
    return dataError(
      `${this.path}, line ${quoteLine}`,
      "the quote that opens a cell here to be closed",
      received,
    );
  }

  #textBehind(line: string, position: number, quoteLine: number) {
    const where = quoteLine === this.#line ? "" : ` on line ${this.#line}`;
    const text = JSON.stringify(excerpt(line.slice(position, position + EXCERPT + 1)));
    const what = `${JSON.stringify(this.delimiter)} or the end of the line behind the quote that closes a cell`;
    return dataError(`${this.path}, line ${quoteLine}`, what, `${text}${where}`);
  }

  #quoteInside(cell: string) {
    const what = "a quote to begin its cell, or doubled in a cell in quotes,";
    return dataError(`${this.path}, line ${this.#line}`, what, `one inside ${JSON.stringify(excerpt(cell))}`);
  }
}

/** Characters of a cell that an error shows. */
const EXCERPT = 40;

function excerpt(text: string): string {
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}...` : text;
}

/** Where the quote is that closes a cell: the first that is not doubled; -1 where there is none. */
function endOfQuoted(line: string, from: number): number {
  let quote = line.indexOf('"', from);
  while (quote >= 0 && line[quote + 1] === '"') quote = line.indexOf('"', quote + 2);
  return quote;
}

function unquoted(text: string): string {
  return text.replaceAll('""', '"');
}
