import { createReadStream } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { chunksOf, readLines } from "./lines.js";

/** What stands for standard input where a file could. */
export const STANDARD_INPUT = "-";
/** What errors call it. */
export const STANDARD_INPUT_NAME = "standard input";

/** A file or standard input, in any thread: what errors call it, and its bytes. */
export function openBytes(path: string): { name: string; bytes: AsyncIterable<Uint8Array> } {
  if (path !== STANDARD_INPUT) return { name: path, bytes: chunksOf(path) };
  const bytes = isMainThread ? process.stdin : createReadStream("", { fd: 0, autoClose: false });
  return { name: STANDARD_INPUT_NAME, bytes };
}

/** The same with its lines. */
export function openLines(path: string): { name: string; lines: AsyncGenerator<string[]> } {
  const { name, bytes } = openBytes(path);
  return { name, lines: readLines(name, bytes) };
}

/** The lines of standard input, and the first that is not blank, which shows the format. */
export async function openStandardInput(): Promise<{ first: string; lines: AsyncIterable<string[]> }> {
  return withFirst(openLines(STANDARD_INPUT).lines);
}

/** The start of an object with a field, be it in the wrong quotes, or an object without any. */
const JSON_OBJECT = /^\s*\{\s*(("(?:[^"\\]|\\.)*"|'[^']*')\s*:|\}\s*$)/;

/** Whether a line is JSON, or would be if it went on: a brace alone may be a word, or the name of a column. */
export function isJsonLine(line: string): boolean {
  return JSON_OBJECT.test(line);
}

async function withFirst(
  source: AsyncGenerator<string[]>,
): Promise<{ first: string; lines: AsyncIterable<string[]> }> {
  const read: string[][] = [];
  let first: string | undefined;
  while (first === undefined) {
    const { value, done } = await source.next();
    if (done) break;
    read.push(value);
    first = value.find((line) => line.trim() !== "");
  }
  async function* lines() {
    yield* read;
    yield* source;
  }
  return { first: first ?? "", lines: lines() };
}
