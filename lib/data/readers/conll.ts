import { dataError } from "../data-error.js";
import { readLines } from "./lines.js";

/** A sentence of a CoNLL file: its words stand on consecutive lines. */
export interface ConllSentence {
  words: string[];
  /** The last column, one a word; empty where tags are not asked for. */
  tags: string[];
  /** The line of the first word. */
  firstLine: number;
  /** Which document of the file, from 1; null before any `-DOCSTART-`. */
  document: number | null;
}

/** What begins a document, in place of a word. */
const DOCUMENT_START = "-DOCSTART-";

/**
 * The sentences of a CoNLL file: a line a word, columns apart by tabs or spaces as on the first line, first the word
 * and last its tag; lines that are blank or hold white space only between sentences; `-DOCSTART-` before each document.
 *
 * @param options.hasTags whether the last column is the tags, or the words alone are asked for. Default: true
 * @throws LibbertError ERR_DATA, naming file and line: fewer than two columns with tags, or another number than on the
 *   line of the first word
 */
export async function* readConll(
  path: string,
  { hasTags = true }: { hasTags?: boolean } = {},
): AsyncGenerator<ConllSentence> {
  const columns = new Columns(path, hasTags ? 2 : 1);
  let lineNumber = 0;
  let document: number | null = null;
  let sentence: ConllSentence | null = null;
  for await (const lines of readLines(path)) {
    for (const line of lines) {
      lineNumber++;
      const startsDocument = line.startsWith(DOCUMENT_START);
      if (startsDocument || line.trim() === "") {
        if (sentence) yield sentence;
        sentence = null;
        if (startsDocument) document = (document ?? 0) + 1;
        continue;
      }
      const cells = columns.of(line, lineNumber);
      sentence ??= { words: [], tags: [], firstLine: lineNumber, document };
      sentence.words.push(cells[0]!);
      if (hasTags) sentence.tags.push(cells.at(-1)!.trimStart());
    }
  }
  if (sentence) yield sentence;
}

/** Splits lines into columns, whose separator and number the first line settles. */
class Columns {
  #first: { separator: string | RegExp; count: number; line: number } | null = null;

  constructor(
    readonly path: string,
    readonly fewest: number,
  ) {}

  of(line: string, lineNumber: number): string[] {
    const separator = this.#first?.separator ?? (line.includes("\t") ? "\t" : / +/);
    const cells = line.trimEnd().split(separator);
    this.#first ??= { separator, count: cells.length, line: lineNumber };
    const place = `${this.path}, line ${lineNumber}`;
    if (cells.length < this.fewest) {
      throw dataError(place, "a word and its tag, apart by tabs or spaces,", JSON.stringify(line));
    }
    const { count, line: firstLine } = this.#first;
    if (cells.length !== count) {
      throw dataError(
        place,
        `${count} columns as on line ${firstLine}`,
        `${cells.length} in ${JSON.stringify(line)}`,
      );
    }
    if (cells[0] === "") throw dataError(place, "a word in the first column", "none");
    return cells;
  }
}
