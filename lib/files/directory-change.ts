import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type DirectoryLock, isOfLock } from "./directory-lock.js";
import { codeOf } from "./error-code.js";
import { flush } from "./flush.js";
import { removeIfPossible } from "./remove.js";

/**
 * Several files that change together. They are written into a folder inside the lock, and flushed. One rename makes that folder the
 * directory's pending change: from then on it counts, whatever happens. Then each file is moved to its place. What a crash leaves of
 * that, the next process that takes the lock, to write or to read, does. For readers see settled-directory.ts.
 */
const PENDING = ".change-";
const FILES = "files";
const REMOVED = "removed.json";
const OLD = "old";

/** Without it no reader takes a directory for a model: it goes first and comes last. */
const CONFIG = "config.json";

export function isPendingChange(name: string): boolean {
  return name.startsWith(PENDING);
}

/** Whether files are on their way to their places, or a crash stopped them there. */
export function hasPendingChange(directory: string): boolean {
  try {
    return readdirSync(directory).some(isPendingChange);
  } catch {
    return false; // whatever reads it says better what is wrong
  }
}

export interface DirectoryChange {
  /** Gets the folder to write into. */
  write(staging: string): Promise<void> | void;
  /** Which of the files in the directory go, unless they are written anew. Default: none */
  replaces?(name: string): boolean;
}

/** @throws what `write` and the file system throw; then the directory is as it was, or has all of the change pending */
export async function changeDirectory(
  directory: string,
  lock: DirectoryLock,
  { write, replaces = () => false }: DirectoryChange,
): Promise<void> {
  completeChanges(directory, lock); // one of this very process may have failed
  const draft = join(lock.folder, "change");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  try {
    const staging = join(draft, FILES);
    mkdirSync(staging);
    await write(staging);
    const files = filesBelow(staging);
    for (const file of files) checkPlace(directory, file);
    const others = readdirSync(directory).filter((name) => !isOfLock(name) && !isPendingChange(name));
    const removed = others.filter((name) => replaces(name) && !files.includes(name));
    for (const file of files) flush(join(staging, file));
    if (files.length === 1 && removed.length === 0) {
      renameSync(join(staging, files[0]!), join(directory, files[0]!));
      return flush(directory);
    }
    writeFileSync(join(draft, REMOVED), JSON.stringify(removed));
    for (const path of [join(draft, REMOVED), ...foldersOf(files, staging), draft]) flush(path);
    const pending = join(directory, `${PENDING}${lock.token}`);
    renameSync(draft, pending);
    flush(directory);
    applyChange(directory, pending, lock);
  } finally {
    removeIfPossible(draft);
  }
}

/** Does what is left to do of changes that others began. */
export function completeChanges(directory: string, lock: DirectoryLock): void {
  for (const name of readdirSync(directory).filter(isPendingChange)) {
    // Under a name that whoever began it does not know: a process that was only stopped does nothing more to it.
    const own = join(directory, `${PENDING}${lock.token}`);
    renameSync(join(directory, name), own);
    applyChange(directory, own, lock);
  }
}

function applyChange(directory: string, pending: string, lock: DirectoryLock): void {
  const staging = join(pending, FILES);
  const old = join(pending, OLD);
  makeFolder(old);
  const removed: string[] = JSON.parse(readFileSync(join(pending, REMOVED), "utf8"));
  const configIsOld = existsSync(join(staging, CONFIG));
  for (const name of configIsOld ? [CONFIG, ...removed] : removed)
    moveIfThere(join(directory, name), join(old, name));
  const isConfig = (file: string) => Number(file === CONFIG);
  const files = filesBelow(staging).sort((a, b) => isConfig(a) - isConfig(b));
  for (const file of files) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    renameSync(join(staging, file), join(directory, file));
  }
  for (const folder of foldersOf(files, directory)) flush(folder);
  const done = join(lock.folder, "done"); // it ceases to count at once, not file by file
  renameSync(pending, done);
  removeIfPossible(done);
}

/** Paths of files relative to the folder. */
export function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}

/** The folder itself among them. */
function foldersOf(files: readonly string[], folder: string): Set<string> {
  return new Set([folder, ...files.map((file) => dirname(join(folder, file)))]);
}

/** A folder in a file's place, or a file in a folder's, would stop the change halfway. */
function checkPlace(directory: string, file: string): void {
  const place = join(directory, file);
  const isFolder = lstatSync(place, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder) throw new Error(`EISDIR: ${place} is a directory`);
  const folder = join(directory, dirname(file));
  const isThere = lstatSync(folder, { throwIfNoEntry: false }) !== undefined;
  if (isThere && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`ENOTDIR: ${folder} is not a directory`);
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** Not with those above it: where the pending change has another's name by now, it must not come back. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}
