import { dataError } from "../../data/data-error.js";
import { missingColumn } from "../../data/readers/columns.js";
import { fromEach } from "../../data/readers/each-file.js";
import { formOf } from "../../data/readers/file-form.js";
import { fieldOf, type Row } from "../../data/readers/row.js";
import { readRowFile } from "../../data/readers/rows.js";
import { openLines } from "../../data/readers/standard-input.js";
import { describe } from "../../errors.js";
import type { Files, Format } from "../../options/row-options.js";
import { readConll } from "./conll.js";
import type { WordsInput } from "./words.js";

/** Extensions of the files in CoNLL's form. */
export const WORD_FILES = [".conll", ".bio", ".iob"];

export interface WordsReading {
  /**
   * The rows' field that has the text or the words, or the number of the words' column. Default: tokens, text or sentence,
   * or the first
   */
  column?: string;
  /** The form of all files, whatever their names. Default: what the name ends in */
  format?: Format;
}

const TEXT_COLUMNS = ["tokens", "text", "sentence"];

/**
 * Texts, or words, whose entities are to be found, in arrays as they come: the sentences of .conll, .bio or .iob files, or the
 * rows of .tsv, .csv, .jsonl or .parquet files.
 *
 * @throws LibbertError ERR_DATA, naming file and line; ERR_OPTION for the number of no column
 */
export function readWordsInputs(files: Files, reading: WordsReading = {}): AsyncGenerator<WordsInput[]> {
  return fromEach(files, undefined, (path) => fromFile(path, reading));
}

async function* fromFile(path: string, { column, format }: WordsReading): AsyncGenerator<WordsInput[]> {
  if (WORD_FILES.includes(formOf(path, format))) {
    const { name, lines } = openLines(path);
    for await (const sentences of readConll(name, { hasTags: false, columns: { text: column }, lines }))
      yield sentences.map(({ words }) => words);
    return;
  }
  for await (const rows of readRowFile(path, { format })) yield rows.map((row) => asWordsInput(row, column));
}

function asWordsInput(row: Row, column: string | undefined): WordsInput {
  const { fields, location } = row;
  const name = column ?? TEXT_COLUMNS.find((candidate) => candidate in fields) ?? "text";
  const value = fieldOf(row, name);
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((word) => typeof word === "string")) return value;
  if (value === undefined)
    throw missingColumn(row, column === undefined ? TEXT_COLUMNS : [column], "columns.text");
  throw dataError(location, `a text or an array of words for ${name}`, describe(value));
}
