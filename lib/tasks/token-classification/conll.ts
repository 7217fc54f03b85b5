import { dataError } from "../../data/data-error.js";
import { readLines } from "../../data/readers/lines.js";

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

export interface ConllReading {
  /** Whether the last column is the tags, or the words alone are asked for. Default: true */
  hasTags?: boolean;
  /** Stop after so many sentences. Default: all */
  limit?: number;
}

/** What begins a document, in place of a word. */
const DOCUMENT_START = "-DOCSTART-";

/**
 * The sentences of a CoNLL file, in arrays as they come: one word a line, columns separated by tabs or spaces as on
 * the first line, first the word and last its tag; lines that are blank or hold white space only between sentences;
 * `-DOCSTART-` before each document.
 *
 * @throws LibbertError ERR_DATA, naming file and line: fewer than two columns with tags, or another number than on the
 *   line of the first word
 */
export async function* readConll(path: string, reading: ConllReading = {}): AsyncGenerator<ConllSentence[]> {
  const { hasTags = true, limit = Number.POSITIVE_INFINITY } = reading;
  const sentences = new Sentences(path, hasTags);
  let count = 0;
  for await (const lines of readLines(path)) {
    const ended: ConllSentence[] = [];
    for (const line of lines) {
      const sentence = sentences.next(line);
      if (sentence) ended.push(sentence);
      if (count + ended.length === limit) break; // before a later line can be an error
    }
    if (ended.length > 0) yield ended;
    count += ended.length;
    if (count === limit) return;
  }
  const last = sentences.end();
  if (last) yield [last];
}

/** Gathers lines into sentences. */
class Sentences {
  readonly #columns: Columns;
  readonly #hasTags: boolean;
  #lineNumber = 0;
  #document: number | null = null;
  #sentence: ConllSentence | null = null;

  constructor(path: string, hasTags: boolean) {
    this.#columns = new Columns(path, hasTags ? 2 : 1);
    this.#hasTags = hasTags;
  }

  /** Takes the next line. @returns the sentence that it ends */
  next(line: string): ConllSentence | null {
    this.#lineNumber++;
    const startsDocument = line.startsWith(DOCUMENT_START);
    if (!startsDocument && line.trim() !== "") {
      this.#addWord(line);
      return null;
    }
    const ended = this.end();
    if (startsDocument) this.#document = (this.#document ?? 0) + 1;
    return ended;
  }

  /** The sentence that is not ended yet. */
  end(): ConllSentence | null {
    const sentence = this.#sentence;
    this.#sentence = null;
    return sentence;
  }

  #addWord(line: string): void {
    const cells = this.#columns.of(line, this.#lineNumber);
    this.#sentence ??= { words: [], tags: [], firstLine: this.#lineNumber, document: this.#document };
    this.#sentence.words.push(cells[0]!);
    if (this.#hasTags) this.#sentence.tags.push(cells.at(-1)!.trimStart());
  }
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
    const location = `${this.path}, line ${lineNumber}`;
    if (cells.length < this.fewest) {
      throw dataError(location, "a word and its tag, apart by tabs or spaces,", JSON.stringify(line));
    }
    const { count, line: firstLine } = this.#first;
    if (cells.length !== count) {
      throw dataError(
        location,
        `${count} columns as on line ${firstLine}`,
        `${cells.length} in ${JSON.stringify(line)}`,
      );
    }
    if (cells[0] === "") throw dataError(location, "a word in the first column", "none");
    return cells;
  }
}
