import { extname } from "node:path";
import { describe } from "../../errors.js";
import { dataError } from "../data-error.js";
import { readConll } from "../readers/conll.js";
import { readRows } from "../readers/rows.js";
import type { WordsInput } from "./words.js";

const TEXT_COLUMNS = ["tokens", "text", "sentence"];

/**
 * Texts, or words, whose entities are to be found: the sentences of a .conll, .bio or .iob file, of which the first
 * column is read, or the rows of a .tsv, .csv or .jsonl file.
 *
 * @param column the rows' field that has the text or the words. Default: tokens, text or sentence
 * @throws LibbertError ERR_DATA, naming file and line
 */
export async function* readWordsInputs(file: string, column?: string): AsyncGenerator<WordsInput> {
  if ([".conll", ".bio", ".iob"].includes(extname(file).toLowerCase())) {
    for await (const { words } of readConll(file, { hasTags: false })) yield words;
    return;
  }
  for await (const { fields, place } of readRows(file)) {
    const name = column ?? TEXT_COLUMNS.find((candidate) => candidate in fields) ?? "text";
    yield asWordsInput(fields[name], name, place);
  }
}

function asWordsInput(value: unknown, name: string, place: string): WordsInput {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((word) => typeof word === "string")) return value;
  throw dataError(place, `a text or an array of words for ${name}`, describe(value));
}
