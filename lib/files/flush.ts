import { closeSync, fsyncSync, openSync } from "node:fs";

/** Waits until a file, or a directory's entries, are on disk. */
export function flush(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
