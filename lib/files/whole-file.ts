import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, LibbertError } from "../errors.js";
import { flush } from "./flush.js";
import { thisMachine } from "./lock-owner.js";
import { removeIfPossible } from "./remove.js";
import { reasonOf, writeError } from "./write-error.js";

/** Begins the name of a file that is being written; behind it are the machine and the id of the process that writes. */
const PARTIAL = ".partial";
const MACHINE = createHash("sha256")
  .update(thisMachine() ?? randomUUID())
  .digest("hex")
  .slice(0, 8);

/**
 * Writes a file so that a reader, a crash or a full disk never meets half of it: an older one stays until the new one is on disk.
 * It replaces a symbolic link.
 *
 * @param option which gives the path, as the caller calls it
 * @throws ERR_RUNTIME
 */
export function writeWholeFile(path: string, text: string, option: string): void {
  const partial = partialOf(path);
  try {
    removeOrphans(path);
    const file = openSync(partial, "w");
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
    flush(dirname(path));
  } catch (error) {
    removeIfPossible(partial);
    throw writeError("the file", path, option, error);
  }
}

export type Write = (text: string) => Promise<void>;

/**
 * Lets `produce` write a file that the user names. It appears when `produce` is done; a run that fails leaves none, and an older file
 * as it was. A device or a pipe is written to as it is; behind a symbolic link, the file that it leads to is replaced.
 *
 * @throws ERR_OPTION when the file cannot be opened; ERR_RUNTIME when the disk is full or fails
 */
export async function produceWholeFile(
  path: string,
  option: string,
  produce: (write: Write) => Promise<void>,
): Promise<void> {
  const fail = (error: unknown) => Promise.reject(writeError("the file", path, option, error));
  const { file, partial, target } = await openTarget(path).catch((error) => {
    throw unwritable(path, option, error);
  });
  try {
    if (partial) removeOrphans(target);
    await produce((text) => file.appendFile(text).catch(fail));
    await finished(file, partial, target).catch(fail);
  } catch (error) {
    await file.close().catch(() => {});
    if (partial) removeIfPossible(partial);
    throw error;
  }
}

/** The file that is to be replaced, if one is, and what is opened to write to. */
async function openTarget(path: string) {
  const target = existsSync(path) ? realpathSync(path) : path;
  const partial = isOrdinary(target) ? partialOf(target) : undefined;
  return { file: await open(partial ?? target, "w"), partial, target };
}

async function finished(file: FileHandle, partial: string | undefined, target: string): Promise<void> {
  if (partial) await file.sync();
  await file.close();
  if (partial) renameSync(partial, target);
}

function partialOf(path: string): string {
  const name = [PARTIAL, MACHINE, process.pid, randomUUID().slice(0, 8)].join("-");
  return join(dirname(path), name);
}

/** Removes what processes of this machine that were killed left in the folder of a file. */
function removeOrphans(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    const [start, machine, pid] = name.split("-");
    const isOrphan = start === PARTIAL && machine === MACHINE && !existsSync(`/proc/${pid}`);
    if (isOrphan) removeIfPossible(join(folder, name));
  }
}

/** Whether a file may take this path's place: it must not replace a device, a pipe or a link that leads nowhere. */
function isOrdinary(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}

function unwritable(path: string, option: string, cause: Error): LibbertError {
  const message = `Expected a writable file for ${option} but received ${describe(path)}: ${reasonOf(cause)}`;
  return new LibbertError("ERR_OPTION", message, { cause, option });
}
