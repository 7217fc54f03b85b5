import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a file so that a reader, a crash or a full disk never meets half of it: under a temporary name, flushed to
 * disk, then renamed over the old one.
 */
export function replaceFile(path: string, write: (file: number) => void): void {
  const temporary = `${path}.partial-${process.pid}`;
  const file = openSync(temporary, "w");
  try {
    try {
      write(file);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  flushDirectory(dirname(path));
}

/** `replaceFile` for text. */
export function replaceTextFile(path: string, text: string): void {
  replaceFile(path, (file) => writeFileSync(file, text));
}

/** The rename itself is on disk only when the directory is. */
function flushDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
