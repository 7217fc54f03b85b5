import { readFile } from "node:fs/promises";
import { describe } from "../../errors.js";
import { dataError } from "../data-error.js";
import type { Row } from "../readers/row.js";

/**
 * The questions of a file in SQuAD's form (1.1 or 2.0), each a row that has its paragraph's `context` among its fields:
 * `{"data": [{"paragraphs": [{"context", "qas": [{"id", "question", "answers"}]}]}]}`. The file is read whole.
 *
 * @throws LibbertError ERR_DATA, naming the file and the path within it: no such file, broken JSON, another structure
 */
export async function* readSquadJson(path: string): AsyncGenerator<Row> {
  const root = objectAt(await parseFile(path), path);
  for (const [articlePlace, article] of objectsOf(root, "data", `${path}, `)) {
    for (const [paragraphPlace, paragraph] of objectsOf(article, "paragraphs", `${articlePlace}.`)) {
      for (const [place, fields] of objectsOf(paragraph, "qas", `${paragraphPlace}.`)) {
        yield { fields: { ...fields, context: paragraph.context }, place };
      }
    }
  }
}

async function parseFile(path: string): Promise<unknown> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw dataError(path, "a readable file", (error as Error).message, { cause: error });
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)); // takes a byte-order mark off
  } catch (error) {
    throw dataError(path, "JSON in UTF-8", `what is none (${(error as Error).message})`, { cause: error });
  }
}

/** The objects of the list that `parent` holds under `key`, each with its place: `prefix` and `key[index]`. */
function* objectsOf(
  parent: Record<string, unknown>,
  key: string,
  prefix: string,
): Generator<[place: string, object: Record<string, unknown>]> {
  const list = parent[key];
  const listPlace = `${prefix}${key}`;
  if (!Array.isArray(list)) throw dataError(listPlace, "an array", describe(list));
  for (const [index, value] of list.entries()) {
    const place = `${listPlace}[${index}]`;
    yield [place, objectAt(value, place)];
  }
}

function objectAt(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw dataError(place, "an object", describe(value));
}
