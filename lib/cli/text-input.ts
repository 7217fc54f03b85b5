import { extname } from "node:path";
import { dataError } from "../data/data-error.js";
import { readLines } from "../data/readers/lines.js";
import { readTextExamples, type TextColumns } from "../data/text-rows.js";
import { LibbertError } from "../errors.js";
import type { TextInput } from "../tasks/classification/prediction.js";

const TEXTS_PER_CHUNK = 512;

/**
 * Texts to classify, a chunk at a time, so that a file of any size fits in memory.
 *
 * @param input `-` for standard input or a .txt file: a text a line, empty ones included; else a .tsv, .csv or .jsonl
 *   file, whose labels are not needed
 * @throws LibbertError ERR_DATA, naming file and line
 */
export function readTexts(input: string, columns?: TextColumns): AsyncGenerator<TextInput[]> {
  if (input === "-") return linesAsTexts("standard input", process.stdin);
  if (extname(input).toLowerCase() === ".txt") return linesAsTexts(input);
  return rowsAsTexts(input, columns);
}

/** The text or pair of `--text` and `--text-pair`, or the texts of `--input`. */
export function givenTexts({
  text,
  textPair,
  input,
  columns,
}: {
  text?: string;
  textPair?: string;
  input?: string;
  columns?: TextColumns;
}): AsyncIterable<TextInput[]> | TextInput[][] {
  if (input === undefined) return [[textPair === undefined ? text! : [text!, textPair]]];
  if (textPair === undefined) return readTexts(input, columns);
  throw new LibbertError("ERR_OPTION", "Expected --text-pair beside --text, not beside --input");
}

/** Lines are passed on as they arrive: who types or pipes them need not wait for a full chunk. */
async function* linesAsTexts(name: string, bytes?: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  let empty = true;
  for await (const lines of readLines(name, bytes)) {
    for (let start = 0; start < lines.length; start += TEXTS_PER_CHUNK) {
      empty = false;
      yield lines.slice(start, start + TEXTS_PER_CHUNK);
    }
  }
  if (empty) throw dataError(name, "at least one line", "none");
}

async function* rowsAsTexts(file: string, columns?: TextColumns): AsyncGenerator<TextInput[]> {
  let chunk: TextInput[] = [];
  for await (const { text, textPair } of readTextExamples(file, { columns }, () => null)) {
    chunk.push(textPair === undefined ? text : [text, textPair]);
    if (chunk.length < TEXTS_PER_CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
