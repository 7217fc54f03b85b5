import { createReadStream, type ReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { codeOf } from "../../files/error-code.js";
import { dataError, unreadable } from "../data-error.js";
import type { TextFile } from "./input-files.js";

/** A part of a text file that can be understood by itself. */
export interface TextBlock {
  file: TextFile;
  /** Number of its first line in the file, from 1. */
  firstLine: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** How much of the file, as it is on disk, was read when the block was complete. */
  bytesRead: number;
}

/** Small enough to share a short corpus among the cores, large enough that handing it over costs nothing. */
export const BLOCK_BYTES = 1 << 20;

/** A line of JSON becomes one string, whose length the engine limits to twice this. */
const MAX_LINE_BYTES = 1 << 28;

const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * A file in blocks of about a megabyte that end where a line ends, so that memory does not grow with the file. In
 * plain text, a line longer than a block is cut after a space or, where there is none either, after a character; a
 * line of JSON stays whole.
 *
 * @throws LibbertError ERR_DATA, naming the file, when it cannot be read or is no whole gzip file
 */
export async function* readTextBlocks(file: TextFile): AsyncGenerator<TextBlock> {
  const source = createReadStream(file.path, { highWaterMark: BLOCK_BYTES });
  let firstLine = 1;
  const block = (chunks: Uint8Array[]): TextBlock => {
    const bytes = joined(chunks);
    const made = { file, firstLine, bytes, bytesRead: source.bytesRead };
    firstLine += linesIn(bytes);
    return made;
  };

  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of readable(source, file)) {
    const end = pendingBytes + chunk.length < BLOCK_BYTES ? 0 : endOfBlock(chunk, file.format);
    if (end > 0) {
      yield block([...pending, chunk.subarray(0, end)]);
      pending = [];
      pendingBytes = 0;
    }
    pending.push(chunk.subarray(end));
    pendingBytes += chunk.length - end;
    if (pendingBytes <= MAX_LINE_BYTES) continue;
    const location = `${file.path}, line ${firstLine}`;
    throw dataError(location, `a line of at most ${MAX_LINE_BYTES >> 20} MiB`, "a longer one");
  }
  if (pendingBytes > 0) yield block(pending);
}

async function* readable(source: ReadStream, file: TextFile): AsyncGenerator<Uint8Array> {
  try {
    if (!file.gzipped) yield* source;
    // An error on either side reaches this loop, and leaving the loop early closes the file.
    else yield* pipeline(source, createGunzip({ chunkSize: BLOCK_BYTES }), () => {});
  } catch (error) {
    if (!codeOf(error).startsWith("Z_")) throw unreadable(file.path, error);
    throw dataError(file.path, "a whole gzip file", (error as Error).message, { cause: error });
  }
}

/** Where a block may end in its last chunk; 0: not in this one. */
function endOfBlock(bytes: Uint8Array, format: TextFile["format"]): number {
  const afterLine = bytes.lastIndexOf(NEWLINE) + 1;
  if (afterLine > 0 || format === "jsonl") return afterLine;
  const afterWord = bytes.lastIndexOf(SPACE) + 1;
  if (afterWord > 0) return afterWord;
  return startOfLastCharacter(bytes);
}

/** A character of UTF-8 has up to three continuation bytes, `10xxxxxx`. */
function startOfLastCharacter(bytes: Uint8Array): number {
  const firstPossible = Math.max(0, bytes.length - 4);
  for (let start = bytes.length - 1; start >= firstPossible; start--) {
    if ((bytes[start]! & 0xc0) !== 0x80) return start;
  }
  return bytes.length; // no UTF-8 anyway
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return bytes;
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
