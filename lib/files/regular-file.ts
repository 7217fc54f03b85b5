import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { jsonProblem, LibbertError } from "../errors.js";

/**
 * Opens a file of a model to read it. Never blocks: a FIFO, which waits for a writer, or a device, which may never end, is
 * refused.
 *
 * @returns null where there is no such file
 * @throws LibbertError ERR_CHECKPOINT for what is no file, or cannot be read
 */
export function openRegularFile(path: string): { file: number; bytes: number } | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new LibbertError("ERR_CHECKPOINT", `${path} cannot be read: ${message}`, { cause: error });
  }
  const stats = fstatSync(file);
  if (stats.isFile()) return { file, bytes: stats.size };
  closeSync(file);
  throw new LibbertError("ERR_CHECKPOINT", `Expected a file at ${path} but found ${kindOf(stats)}`);
}

/** The longest text that is read: no file of a model that is text comes near it, and a string may not be much longer. */
const MAX_TEXT_BYTES = 256 * 2 ** 20;

/**
 * The bytes of a small file of a model; undefined where there is no such file.
 *
 * @throws LibbertError ERR_CHECKPOINT for what is no file, or is longer than any text
 */
export function readModelBytes(path: string): Uint8Array | undefined {
  const opened = openRegularFile(path);
  if (opened === null) return undefined;
  try {
    if (opened.bytes > MAX_TEXT_BYTES)
      throw new LibbertError(
        "ERR_CHECKPOINT",
        `Expected at most ${MAX_TEXT_BYTES} bytes in ${path} but it has ${opened.bytes}`,
      );
    return readAll(opened.file, opened.bytes);
  } finally {
    closeSync(opened.file);
  }
}

/**
 * The text of a file of a model, such as `config.json`; undefined where there is no such file.
 *
 * @throws LibbertError ERR_CHECKPOINT for what is no file of text: a folder, a FIFO, a device, a Git LFS pointer
 */
export function readModelText(path: string): string | undefined {
  const bytes = readModelBytes(path);
  if (bytes === undefined) return undefined;
  const text = decoded(bytes, path);
  if (isGitLfsPointer(text)) throw gitLfsPointer(path);
  return text;
}

/**
 * What a file of a model says in JSON; undefined where there is no such file.
 *
 * @throws LibbertError ERR_CHECKPOINT as `readModelText` does, and for what is no JSON
 */
export function readModelJson(path: string): unknown {
  const text = readModelText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new LibbertError("ERR_CHECKPOINT", `${path} is not JSON: ${jsonProblem(error)}`, { cause: error });
  }
}

function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new LibbertError("ERR_CHECKPOINT", `Expected UTF-8 in ${path} but it has other bytes`, {
      cause: error,
    });
  }
}

function readAll(file: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let done = 0;
  while (done < bytes) {
    const count = readSync(file, buffer, done, bytes - done, done);
    if (count === 0) break; // it was cut short meanwhile
    done += count;
  }
  return buffer.subarray(0, done);
}

/** How a pointer begins: Git LFS keeps large files elsewhere, and a clone without it has these in their place. */
const POINTER = "version https://git-lfs.github.com/spec/";

export function isGitLfsPointer(beginning: string): boolean {
  return beginning.startsWith(POINTER);
}

export function gitLfsPointer(path: string): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `${path} is a Git LFS pointer, not the file itself: run "git lfs install" and "git lfs pull" in its repository`,
  );
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a FIFO";
  if (stats.isSocket()) return "a socket";
  return "a device";
}
