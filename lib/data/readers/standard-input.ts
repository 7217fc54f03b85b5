import { createReadStream } from "node:fs";
import { readLines } from "./lines.js";

/** What stands for standard input where a file could. */
export const STANDARD_INPUT = "-";
/** What errors call it. */
export const STANDARD_INPUT_NAME = "standard input";

/** The lines of standard input, in any thread, and the first that is not blank, which shows the format. */
export async function openStandardInput(): Promise<{ first: string; lines: AsyncIterable<string[]> }> {
  const bytes = createReadStream("", { fd: 0, autoClose: false });
  return withFirst(readLines(STANDARD_INPUT_NAME, bytes));
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
