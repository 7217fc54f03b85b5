import { constants } from "node:buffer";
import { chunked } from "../../arrays.js";
import { dataError, quoted } from "../../data/data-error.js";
import { requireText } from "../../data/readers/file-kind.js";
import type { Row } from "../../data/readers/row.js";
import { openBytes } from "../../data/readers/standard-input.js";
import { unpacked } from "../../data/readers/unpacked.js";
import { describe, jsonProblem, type LibbertError } from "../../errors.js";
import { isObject } from "../../is-object.js";

/** How many questions are handed on at a time. */
const QUESTIONS_PER_ARRAY = 1024;

/**
 * The questions of a file in SQuAD's form (1.1 or 2.0), each a row that has its paragraph's `context` among its fields:
 * `{"data": [{"paragraphs": [{"context", "qas": [{"id", "question", "answers"}]}]}]}`. The file, which may be
 * packed with gzip, is read whole.
 *
 * @param options.limit stop after so many. Default: all of them
 * @throws LibbertError ERR_DATA, naming the file and the path within it: no such file, broken JSON, another structure,
 *   no question at all
 */
export async function* readSquadJson(
  path: string,
  { limit = Number.POSITIVE_INFINITY }: { limit?: number } = {},
): AsyncGenerator<Row[]> {
  const { name, bytes } = openBytes(path);
  yield* chunked(squadRows(await wholeOf(name, bytes), name, limit), { size: QUESTIONS_PER_ARRAY });
}

/** The same of a file's bytes. */
export function squadRows(bytes: Buffer, path: string, limit = Number.POSITIVE_INFINITY): Generator<Row> {
  const root = parsed(bytes, path);
  if (Array.isArray(root) || Object(root).data === undefined) throw otherForm(root, path);
  return questionRows(root as Record<string, unknown>, path, limit);
}

function* questionRows(root: Record<string, unknown>, path: string, limit: number): Generator<Row> {
  let count = 0;
  for (const [articleLocation, article] of objectsOf(root, "data", `${path}, `)) {
    for (const [paragraphLocation, paragraph] of objectsOf(article, "paragraphs", `${articleLocation}.`)) {
      for (const [location, fields] of objectsOf(paragraph, "qas", `${paragraphLocation}.`)) {
        yield { fields: { ...fields, context: paragraph.context }, location };
        if (++count >= limit) return;
      }
    }
  }
  if (count === 0) throw dataError(path, "at least one question", "none");
}

/** The error for JSON that is not SQuAD's. */
function otherForm(root: unknown, path: string): LibbertError {
  const received = isObject(root) ? `the fields ${quoted(Object.keys(root))}` : describe(root);
  return dataError(path, 'SQuAD\'s form {"data": [...]} (rows, one a line, are a .jsonl file)', received);
}

async function wholeOf(name: string, bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of unpacked(name, bytes)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > constants.MAX_STRING_LENGTH)
      throw dataError(name, "a file of at most 512 MB, as it is read whole,", "a larger one");
  }
  return Buffer.concat(chunks);
}

function parsed(bytes: Buffer, path: string): unknown {
  requireText(path, bytes);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)); // takes a byte-order mark off
  } catch (error) {
    throw dataError(path, "JSON in UTF-8", `something else (${jsonProblem(error)})`, { cause: error });
  }
}

/** The objects of the list that `parent` holds under `key`, each with its location: `prefix` and `key[index]`. */
function* objectsOf(
  parent: Record<string, unknown>,
  key: string,
  prefix: string,
): Generator<[location: string, object: Record<string, unknown>]> {
  const list = parent[key];
  const listLocation = `${prefix}${key}`;
  if (!Array.isArray(list)) throw dataError(listLocation, "an array", describe(list));
  for (const [index, value] of list.entries()) {
    const location = `${listLocation}[${index}]`;
    yield [location, objectAt(value, location)];
  }
}

function objectAt(value: unknown, location: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw dataError(location, "an object", describe(value));
}
