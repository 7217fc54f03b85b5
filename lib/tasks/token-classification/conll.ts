import { dataError, quoted } from "../../data/data-error.js";
import { readLines } from "../../data/readers/lines.js";
import { type ColumnNumbers, ConllColumns } from "./conll-columns.js";
import { CountingColumn } from "./counting-column.js";
import { SpacedWords } from "./spaced-words.js";

/** A sentence of a CoNLL file: its words stand on consecutive lines. */
export interface ConllSentence {
  words: string[];
  /** One a word; empty where tags are not asked for. */
  tags: string[];
  /** The line of the first word. */
  firstLine: number;
  /** Which document of the file, from 1; null before any `-DOCSTART-`. */
  document: number | null;
}

export interface ConllReading {
  /** Whether there are tags, or the words alone are asked for. Default: true */
  hasTags?: boolean;
  /** Numbers of the columns, from 1, as the options give them. Default: the first has the words, the last the tags */
  columns?: ColumnNumbers;
  /** Stop after so many sentences. Default: all */
  limit?: number;
  /** Where the lines come from. Default: the file */
  lines?: AsyncIterable<string[]>;
}

/** What begins a document, in place of a word. */
const DOCUMENT_START = "-DOCSTART-";
/** The numbers of what CoNLL-U has beside the words that it tags: several words as they are written, `1-2`, and words that are not, `1.1`. */
const NO_WORD = /^\d+[-.]\d+\t/;

/**
 * The sentences of a CoNLL file, in arrays as they come: one word a line, columns separated by tabs or spaces as on
 * the first line; lines that are blank or hold white space only between sentences; `-DOCSTART-` before each document.
 * Where the words are not in the first column, a line that begins with # is a comment, and one that begins with numbers such as `1-2` or
 * `1.1` is no word, as in CoNLL-U.
 *
 * @throws LibbertError ERR_DATA, naming file and line: fewer than two columns with tags, or another number than on the
 *   line of the first word; numbers that count the words where these should be, or words that all have spaces. ERR_OPTION for a column that the file
 *   does not have
 */
export async function* readConll(path: string, reading: ConllReading = {}): AsyncGenerator<ConllSentence[]> {
  const { limit = Number.POSITIVE_INFINITY, lines: source = readLines(path) } = reading;
  const sentences = new Sentences(path, reading);
  let count = 0;
  for await (const lines of source) {
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
  readonly #columns: ConllColumns;
  readonly #numbers: CountingColumn | null;
  readonly #spaced: SpacedWords | null;
  readonly #hasComments: boolean;
  #lineNumber = 0;
  #isFirst = true;
  #document: number | null = null;
  #sentence: ConllSentence | null = null;

  constructor(path: string, { hasTags = true, columns = {} }: ConllReading) {
    this.#columns = new ConllColumns(path, columns, hasTags);
    this.#numbers = columns.text === undefined ? new CountingColumn(path) : null;
    this.#spaced = columns.text === undefined ? new SpacedWords(path) : null;
    this.#hasComments = columns.text !== undefined && columns.text !== "1";
  }

  /** Takes the next line. @returns the sentence that it ends */
  next(line: string): ConllSentence | null {
    this.#lineNumber++;
    const startsDocument = line.startsWith(DOCUMENT_START);
    if (this.#hasComments && line.startsWith("#")) return null;
    if (this.#hasComments && NO_WORD.test(line)) return null;
    if (!startsDocument && line.trim() !== "") {
      this.#addWord(line);
      return null;
    }
    const ended = this.#take();
    if (startsDocument) this.#document = (this.#document ?? 0) + 1;
    return ended;
  }

  /** The sentence that the end of the file ends. */
  end(): ConllSentence | null {
    const last = this.#take();
    this.#numbers?.end();
    this.#spaced?.end();
    return last;
  }

  #take(): ConllSentence | null {
    const sentence = this.#sentence;
    this.#sentence = null;
    if (sentence) this.#numbers?.endSentence();
    return sentence;
  }

  #addWord(line: string): void {
    const { word, tag, count } = this.#columns.of(line, this.#lineNumber);
    if (this.#isFirst && tag !== null)
      requireNoHeader(word, tag, `${this.#columns.path}, line ${this.#lineNumber}`);
    this.#isFirst = false;
    if (count > 1) {
      this.#numbers?.add(word, this.#lineNumber);
      this.#spaced?.add(word, this.#lineNumber);
    }
    this.#sentence ??= { words: [], tags: [], firstLine: this.#lineNumber, document: this.#document };
    this.#sentence.words.push(word);
    if (tag !== null) this.#sentence.tags.push(tag);
  }
}

/** What the columns of words, and those of tags, are called. */
const WORDS = /^(words?|tokens?|text|form)$/i;
const TAGS = /^((ner|pos|chunk)[ _-]?)?(tags?|labels?)(_ids?)?$|^(ner|pos|upos|xpos|entity|entities|bio)$/i;

/** @throws LibbertError ERR_DATA for a first line that names the columns */
function requireNoHeader(word: string, tag: string, location: string): void {
  if (!WORDS.test(word) || !TAGS.test(tag)) return;
  throw dataError(
    location,
    "a word with its tag",
    `the names of columns, ${quoted([word, tag])}: remove that line`,
  );
}
