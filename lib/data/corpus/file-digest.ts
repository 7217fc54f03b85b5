import { createHash, type Hash } from "node:crypto";
import { closeSync, fstatSync, openSync } from "node:fs";
import { unreadable } from "../data-error.js";
import { readExactly } from "./read-exactly.js";

/** A part of a file, in bytes; the second is the byte behind the last. */
export type ByteRange = readonly [start: number, end: number];

/** Bytes read at a time; a multiple of the 8 bytes that parts of a shard are aligned to. */
const CHUNK_BYTES = 1 << 17;
/** For every file in turn: a corpus of many shards leaves no garbage behind. */
const BUFFER = new Uint8Array(CHUNK_BYTES);

/** Adds the bytes of a part of an open file to a digest. @param look is shown each chunk of them */
export function digestRange(
  hash: Hash,
  file: number,
  path: string,
  [start, end]: ByteRange,
  look?: (bytes: Uint8Array<ArrayBuffer>) => void,
): void {
  for (let position = start; position < end; position += CHUNK_BYTES) {
    const chunk = BUFFER.subarray(0, Math.min(CHUNK_BYTES, end - position));
    readExactly(file, path, chunk, 0, chunk.length, position);
    hash.update(chunk);
    look?.(chunk);
  }
}

/** The SHA-256 of a small file, in hexadecimal. @throws LibbertError ERR_DATA where it cannot be read */
export function digestOfFile(path: string): string {
  const hash = createHash("sha256");
  withFile(path, (file) => digestRange(hash, file, path, [0, fstatSync(file).size]));
  return hash.digest("hex");
}

/** @throws LibbertError ERR_DATA where the file cannot be read */
export function withFile<T>(path: string, use: (file: number) => T): T {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    return use(file);
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw unreadable(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
