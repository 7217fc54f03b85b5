import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import { describe } from "../../errors.js";
import { isObject } from "../../is-object.js";
import { dataError } from "../data-error.js";
import { parseJson } from "../parse-json.js";
import type { TextBlock } from "./text-blocks.js";

/** The text of a block. */
export interface BlockTexts {
  texts: string[];
  /** How often U+FFFD had to stand in for bytes that are not UTF-8. */
  invalidSequences: number;
}

const REPLACEMENT = "\ufffd";

/**
 * Decodes a block. Bytes that are not UTF-8 are replaced and counted; a byte-order mark goes.
 *
 * @param textField name of the text in an object of a .jsonl file
 * @throws LibbertError ERR_DATA, naming file and line: broken JSON, or an object without a text
 */
export function textsOf(block: TextBlock, textField: string): BlockTexts {
  const text = new TextDecoder().decode(block.bytes);
  return {
    texts: block.file.format === "jsonl" ? fieldsOf(text, block, textField) : [text],
    invalidSequences: isUtf8(block.bytes) ? 0 : countInvalid(text, block.bytes),
  };
}

/** Replacement characters of the decoded text, less those that were in the file. */
function countInvalid(text: string, bytes: Uint8Array): number {
  const written = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return occurrences(text, REPLACEMENT) - occurrences(written, REPLACEMENT);
}

function occurrences(text: string | Buffer, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) count++;
  return count;
}

function fieldsOf(text: string, { file, firstLine }: TextBlock, textField: string): string[] {
  const texts: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() !== "") texts.push(textOf(line, textField, `${file.path}, line ${firstLine + index}`));
  }
  return texts;
}

function textOf(line: string, field: string, location: string): string {
  const fields = parseJson(line, location);
  const text = isObject(fields) && Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (typeof text === "string") return text;
  const received = isObject(fields) ? `${describe(text)} for it` : describe(fields);
  throw dataError(location, `an object with a text in ${describe(field)}`, received);
}
