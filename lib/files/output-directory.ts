import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { describe, LibbertError } from "../errors.js";
import {
  changeDirectory,
  completeChanges,
  type DirectoryChange,
  isPendingChange,
} from "./directory-change.js";
import { type DirectoryLock, isOfLock, lockDirectory } from "./directory-lock.js";
import { codeOf } from "./error-code.js";
import type { LockPurpose } from "./lock-owner.js";
import { removeIfEmpty } from "./remove.js";
import { reasonOf, writeError } from "./write-error.js";

export interface OutputOptions {
  /** Whether it may hold files already. */
  overwrite: boolean;
  /** What the caller's option is called. Default: `outputDir` */
  option?: string;
  /** Default: `run` */
  purpose?: LockPurpose;
  /** Ends the wait for another process. */
  signal?: AbortSignal;
}

/** A directory that is this process's to write to, until it is disposed. Where nothing was written, one that was made goes. */
export interface OutputDirectory extends Disposable {
  readonly path: string;
  /** What the caller's option is called. */
  readonly option: string;
  /** Says that the directory was taken over from a process that has ended; undefined where it was free. */
  readonly notice: string | undefined;
  /**
   * Writes files that belong together: a reader of ours, a crash or a full disk never meets some of them without the others.
   *
   * @param what they are, for the error
   * @throws ERR_RUNTIME, naming the option
   */
  change(what: string, change: DirectoryChange): Promise<void>;
  /** @throws ERR_RUNTIME when another process has taken the directory over, because this one had been stopped for long */
  check(): void;
}

/**
 * Reserves a directory for what a call writes, before it computes it. Where there is none, it is made.
 *
 * @throws ERR_OPTION when the directory holds files already (unless `overwrite`), when another process writes there, or when it
 *   cannot be written to
 */
export async function openOutputDirectory(
  path: string,
  { overwrite, option = "outputDir", purpose = "run", signal }: OutputOptions,
): Promise<OutputDirectory> {
  const made: string[] = [];
  const removeMade = () => made.splice(0).reverse().forEach(removeIfEmpty);
  let lock: DirectoryLock | undefined;
  try {
    lock = await lockNew(path, made, { option, purpose, signal });
    completeChanges(path, lock);
    if (!overwrite) checkEmpty(path, option);
  } catch (error) {
    lock?.[Symbol.dispose]();
    removeMade();
    throw signal?.aborted ? signal.reason : notWritable(path, option, error);
  }
  return outputDirectory(path, option, lock, removeMade);
}

function outputDirectory(
  path: string,
  option: string,
  lock: DirectoryLock,
  removeMade: () => void,
): OutputDirectory {
  const check = () => {
    if (!existsSync(lock.folder)) throw lost(path, option);
  };
  const notice =
    lock.takenOver &&
    `${describe(path)} was locked by ${lock.takenOver}, which no longer renews the lock: it is this run's now`;
  return {
    ...{ path, option, notice, check },
    async change(what, change) {
      check();
      try {
        await changeDirectory(path, lock, change);
      } catch (error) {
        check();
        throw writeError(what, path, option, error);
      }
    },
    [Symbol.dispose]() {
      lock[Symbol.dispose]();
      removeMade();
    },
  };
}

/** Names of the files in a directory, but for what locks and changes under way have there. */
export function filesOfOthers(directory: string): string[] {
  const isOurs = (name: string) => isOfLock(name) || isPendingChange(name) || name.startsWith(".partial");
  return readdirSync(directory).filter((name) => !isOurs(name));
}

/** @param made gets the directories that were made, outermost first */
async function lockNew(
  path: string,
  made: string[],
  options: Parameters<typeof lockDirectory>[1],
): Promise<DirectoryLock> {
  for (;;) {
    makeDirectory(path, made);
    try {
      return await lockDirectory(path, options);
    } catch (error) {
      // A run that has just failed may have removed the directory, which it had made.
      if (codeOf(error) !== "ENOENT" || existsSync(path)) throw error;
    }
  }
}

/**
 * Makes a directory and those above it. Node's own `recursive` loops for ever where a directory that is there answers
 * ENOENT, as /proc does.
 */
function makeDirectory(path: string, made: string[]): void {
  try {
    mkdirSync(path);
    made.push(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST" && statSync(path).isDirectory()) return;
    if (codeOf(error) !== "ENOENT" || existsSync(dirname(path))) throw error;
    makeDirectory(dirname(path), made);
    makeDirectory(path, made);
  }
}

/**
 * Makes a directory to which a call writes beside its output, where there is none.
 *
 * @throws ERR_OPTION when it cannot be written to
 */
export function ensureWritable(path: string, option: string): void {
  try {
    makeDirectory(path, []);
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw notWritable(path, option, error);
  }
}

function checkEmpty(directory: string, option: string): void {
  const [first] = filesOfOthers(directory);
  if (first === undefined) return;
  throw new LibbertError(
    "ERR_OPTION",
    `Expected an empty or new directory for ${option} but received ${describe(directory)}, which holds files (${first}); overwrite: true allows it`,
    { option },
  );
}

function notWritable(directory: string, option: string, error: unknown): unknown {
  if (error instanceof LibbertError) return error;
  return new LibbertError(
    "ERR_OPTION",
    `Expected a writable directory for ${option} but received ${describe(directory)}: ${reasonOf(error)}`,
    { cause: error, option },
  );
}

function lost(directory: string, option: string): LibbertError {
  const why = existsSync(directory)
    ? "which another process took over while this one was stopped, or had no contact with it"
    : "which was removed";
  return new LibbertError(
    "ERR_RUNTIME",
    `Expected to write to the directory of this run for ${option} but received ${describe(directory)}, ${why}`,
    { option },
  );
}
