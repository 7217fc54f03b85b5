import { dataError } from "../../data/data-error.js";
import { abridged, expected } from "../../errors.js";
import { cleanLabel } from "../../options/label-options.js";

/** The numbers of columns, from 1, as texts: what options give is checked against the file. */
export interface ColumnNumbers {
  text?: string;
  label?: string;
}

/** What the first line settles for all others. */
interface Layout {
  separator: string | RegExp;
  count: number;
  line: number;
  /** Where a line has its word, and its tag, from 0. */
  word: number;
  tag: number | null;
}

/** Splits the lines of a CoNLL file into columns. */
export class ConllColumns {
  #layout: Layout | null = null;

  constructor(
    readonly path: string,
    readonly numbers: ColumnNumbers,
    readonly hasTags: boolean,
  ) {}

  /** @returns a line's word and tag, and how many columns there are */
  of(line: string, lineNumber: number): { word: string; tag: string | null; count: number } {
    const separator = this.#layout?.separator ?? (line.includes("\t") ? "\t" : / +/);
    const cells = line.trimEnd().split(separator);
    const location = `${this.path}, line ${lineNumber}`;
    if (this.hasTags && cells.length < 2)
      throw dataError(
        location,
        "a word and its tag, apart by tabs or spaces,",
        JSON.stringify(abridged(line)),
      );
    this.#layout ??= this.#layoutOf(cells.length, separator, lineNumber);
    const { count, line: firstLine, word, tag } = this.#layout;
    if (cells.length !== count) {
      const received = `${cells.length} in ${JSON.stringify(abridged(line))}`;
      throw dataError(location, `${count} columns as on line ${firstLine}`, received);
    }
    const cellAt = (column: number, what: string) => {
      const cell = cells[column]!;
      if (cell.trim() !== "") return cell;
      throw dataError(
        location,
        `a ${what} in ${column === 0 ? "the first column" : `column ${column + 1}`}`,
        "none",
      );
    };
    return { word: cellAt(word, "word"), tag: tag === null ? null : cleanLabel(cellAt(tag, "tag")), count };
  }

  #layoutOf(count: number, separator: string | RegExp, line: number): Layout {
    const { text = "1", label = String(count) } = this.numbers;
    const indexOf = (number: string, option: string) => {
      const index = /^[1-9]\d*$/.test(number) ? Number(number) - 1 : count;
      if (index < count) return index;
      throw expected(`the number of a column, from 1 to ${count} in ${this.path},`, option, number);
    };
    const word = indexOf(text, "columns.text");
    const tag = this.hasTags ? indexOf(label, "columns.label") : null;
    if (word !== tag) return { separator, count, line, word, tag };
    const [what, option] =
      this.numbers.label === undefined ? ["tags", "columns.text"] : ["words", "columns.label"];
    throw expected(`a column of ${this.path} other than that of the ${what}`, option!, String(word + 1));
  }
}
