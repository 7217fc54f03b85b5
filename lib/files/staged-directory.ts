import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Writes a set of files so that a reader, a crash or a full disk never meets half of it: all of them into a hidden
 * folder inside `directory`, flushed to disk, then each renamed into place.
 *
 * @param write gets the folder to write into
 */
export async function writeStaged(
  directory: string,
  write: (staging: string) => Promise<void>,
): Promise<void> {
  const staging = join(directory, ".partial");
  rmSync(staging, { recursive: true, force: true }); // left by a process that was killed
  mkdirSync(staging, { recursive: true });
  try {
    await write(staging);
    // config.json comes last: without it no reader takes a directory for a model.
    const isConfig = (file: string) => Number(file === "config.json");
    const files = readdirSync(staging).sort((a, b) => isConfig(a) - isConfig(b));
    for (const file of files) flush(join(staging, file));
    for (const file of files) renameSync(join(staging, file), join(directory, file));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  flush(directory); // the renames themselves
}

/** Waits until a file, or a directory's entries, are on disk. */
export function flush(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
