import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, LibbertError } from "../errors.js";
import { hasPendingChange } from "./directory-change.js";
import { isModelFile, isModuleFolder } from "./model-files.js";
import { type OutputDirectory, openOutputDirectory } from "./output-directory.js";

/** After so many tries, those who write have to wait for the reader. */
const FREE_TRIES = 10;
const PAUSE_MS = 5;

/** How long to wait for a process that moves files. */
const PENDING_MS = 5000;

/**
 * Reads a directory of files that belong together: all of them as one change left them, though another process may change the
 * directory meanwhile. A change that a crash stopped halfway is completed first.
 *
 * @param read is called again when the directory has changed under it; then what it has thrown does not count
 * @param discard frees what `read` gave in vain
 * @throws what `read` throws; ERR_CHECKPOINT where a change was stopped halfway and this process may not write there
 */
export async function readSettled<Content>(
  directory: string,
  read: () => Promise<Content>,
  discard: (content: Content) => void = () => {},
): Promise<Content> {
  for (let tries = 0; tries < FREE_TRIES; tries++) {
    const version = versionOf(directory); // of before the look for pending changes: see below
    if (hasPendingChange(directory)) {
      await completePending(directory);
      continue;
    }
    // No change was on its way: one that begins now moves some file after its version was taken.
    const outcome = await settled(read);
    if (versionOf(directory) === version && !hasPendingChange(directory)) return contentOf(outcome);
    if (outcome.status === "fulfilled") discard(outcome.value);
    await sleep(PAUSE_MS);
  }
  using _reserved = await reserve(directory);
  return await read();
}

async function settled<Content>(read: () => Promise<Content>): Promise<PromiseSettledResult<Content>> {
  const [outcome] = await Promise.allSettled([read()]);
  return outcome;
}

function contentOf<Content>(outcome: PromiseSettledResult<Content>): Content {
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

/** Whoever moves files needs milliseconds for that; if it has ended, this process does the rest. */
async function completePending(directory: string): Promise<void> {
  const deadline = Date.now() + PENDING_MS;
  for (;;) {
    try {
      (await reserve(directory))[Symbol.dispose]();
      return;
    } catch (error) {
      if (!hasPendingChange(directory)) return;
      if (Date.now() > deadline) throw stoppedHalfway(directory, error as Error);
    }
    await sleep(PAUSE_MS);
  }
}

function reserve(directory: string): Promise<OutputDirectory> {
  return openOutputDirectory(directory, { overwrite: true, option: "directory", purpose: "save" });
}

function stoppedHalfway(directory: string, cause: Error): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected all files of one change in ${describe(directory)} but received some, for a process was stopped while it moved them ` +
      `there; read it once with the right to write there, which moves the others (${cause.message})`,
    { cause },
  );
}

/** Changes whenever a file of the model is another, or is gone; whatever else lies there, such as a log, may change. */
export function versionOf(directory: string): string {
  return namesOf(directory)
    .filter(isModelFile)
    .flatMap((name) =>
      isModuleFolder(name) ? namesOf(join(directory, name)).map((own) => join(name, own)) : [name],
    )
    .map((name) => `${name} ${identityOf(join(directory, name))}`)
    .join("\n");
}

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // whatever reads it says better what is wrong
  }
}

function identityOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? "gone" : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}
