import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, LibbertError } from "../errors.js";
import { codeOf } from "./error-code.js";
import { isRunning, type LockOwner, type LockPurpose, newOwner } from "./lock-owner.js";
import { keepRenewed, LEASE_MS } from "./lock-renewal.js";
import { removeIfEmpty, removeIfPossible } from "./remove.js";

/**
 * The lock of a directory is a folder in it, and in that one more, whose name is the holder's token. Each step is one rename,
 * which only one process can make:
 *
 * - A lock is taken by giving a folder made beside it the lock's name, which fails unless that is free or empty.
 * - A stale one is taken over by moving the holder's folder out of it: the path has the token in it, so that no process removes a
 *   lock that another has just taken.
 * - What the holder writes goes into its folder first, and from there into its place: a process that has lost the lock without
 *   knowing, having been stopped for a while, has no such path any more.
 */
const LOCK = ".lock";
const OWNER = "owner.json";
const RENEWED = "renewed";

/** How long to wait for a save by another process to be over. */
const SAVE_MS = 60_000;
/** Between two looks at a lock: a save is over soon; whether an unseen process renews its lock shows after seconds. */
const POLL_MS = { held: 20, unknown: 500 };

/** Whether a file of this name in a directory is a lock, or was left by a process that took one. */
export function isOfLock(name: string): boolean {
  return name === LOCK || name.startsWith(`${LOCK}-`);
}

export interface LockOptions {
  /** What the caller's option is called. */
  option: string;
  purpose: LockPurpose;
  signal?: AbortSignal;
  /** How long a lock counts that is not renewed, where its process cannot be seen. Default: 30 seconds */
  leaseMs?: number;
}

/** A directory that is locked for this process. */
export interface DirectoryLock extends Disposable {
  readonly token: string;
  /** A folder for what is to be written. It has another name as soon as the lock is lost. */
  readonly folder: string;
  /** Whose lock was taken over, in words; undefined where the directory was free. */
  readonly takenOver: string | undefined;
}

/** A lock as another process finds it. */
interface FoundLock {
  token: string;
  /** Null where a crash cut it short. */
  owner: LockOwner | null;
  /** When it was renewed, by the clock of the file system. */
  renewedAt: number;
}

/**
 * Reserves a directory for one process, or one of its threads, at a time. A lock whose thread has ended counts for nothing. Where
 * that cannot be seen, because it ran on another machine or in another container, the lock counts until it has not been renewed
 * for half a minute. A save by another process is waited for, and a download.
 *
 * @throws LibbertError ERR_OPTION when another process has it; the signal's reason; what the file system throws
 */
export async function lockDirectory(directory: string, options: LockOptions): Promise<DirectoryLock> {
  const { leaseMs = LEASE_MS } = options;
  const owner = newOwner(directory, options.purpose);
  const firstSeen = new Map<string, number>(); // when each holder's lock had been renewed, by its token
  const deadline = Date.now() + SAVE_MS;
  let takenOver: string | undefined;
  for (;;) {
    options.signal?.throwIfAborted();
    const { taken, now } = tryToTake(directory, owner);
    if (taken) return heldLock(directory, owner, takenOver);
    const found = findLock(directory);
    if (found === undefined) {
      await sleep(1); // it has just been released
      continue;
    }
    const idleMs = now - found.renewedAt;
    const seen = firstSeen.get(found.token) ?? found.renewedAt;
    firstSeen.set(found.token, seen);
    const state = stateOf(found, owner.inode, idleMs > leaseMs, seen !== found.renewedAt);
    if (state === "stale") {
      if (removeLock(directory, found.token)) takenOver = inWords(found.owner);
      continue;
    }
    if (state === "held" && !isWaitedFor(found.owner, deadline))
      throw heldByAnother(directory, options.option, found.owner);
    await sleep(POLL_MS[state], undefined, { signal: options.signal }).catch(() => {}); // its reason is thrown above
  }
}

function isWaitedFor(owner: LockOwner | null, deadline: number): boolean {
  if (owner?.purpose === "save") return Date.now() < deadline;
  return owner?.purpose === "download";
}

/** One attempt; `now` is the time by the clock of the file system. */
function tryToTake(directory: string, owner: LockOwner): { taken: boolean; now: number } {
  const lock = join(directory, LOCK);
  const draft = join(directory, `${LOCK}-${owner.token}`);
  const folder = join(draft, owner.token);
  mkdirSync(draft);
  let now = 0;
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, OWNER), JSON.stringify(owner));
    writeFileSync(join(folder, RENEWED), "");
    now = statSync(join(folder, RENEWED)).mtimeMs;
    removeIfEmpty(lock); // left by a process that ended between two steps; not every file system renames over it
    renameSync(draft, lock);
    return { taken: true, now };
  } catch (error) {
    if (codeOf(error) === "ENOTDIR") rmSync(lock, { force: true }); // of a version whose lock was a file
    // ENOENT: whoever takes the lock clears away what others left, and may take a draft for that.
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR", "ENOENT"].includes(codeOf(error))) return { taken: false, now };
    throw error;
  } finally {
    removeIfPossible(draft);
  }
}

function heldLock(
  directory: string,
  { token, purpose }: LockOwner,
  takenOver: string | undefined,
): DirectoryLock {
  const folder = join(directory, LOCK, token);
  for (const name of readdirSync(directory)) {
    if (name !== LOCK && isOfLock(name)) removeIfPossible(join(directory, name));
  }
  const renewal = keepRenewed(join(folder, RENEWED), purpose !== "run");
  return {
    ...{ token, folder, takenOver },
    [Symbol.dispose]() {
      renewal[Symbol.dispose]();
      try {
        removeLock(directory, token);
      } catch {
        // it stays, and counts for nothing when this process has ended
      }
    },
  };
}

/** Undefined where there is none. */
function findLock(directory: string): FoundLock | undefined {
  try {
    const [token] = readdirSync(join(directory, LOCK));
    if (token === undefined) return undefined;
    const folder = join(directory, LOCK, token);
    const owner = readOwner(folder);
    const renewed = owner && statSync(join(folder, RENEWED), { throwIfNoEntry: false });
    const { mtimeMs } = renewed ?? statSync(folder);
    return { token, owner, renewedAt: mtimeMs };
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw error;
  }
}

function readOwner(folder: string): LockOwner | null {
  try {
    return JSON.parse(readFileSync(join(folder, OWNER), "utf8"));
  } catch {
    return null;
  }
}

/**
 * @param inode of the directory
 * @param wasRenewed while this process has looked
 */
function stateOf(
  { owner }: FoundLock,
  inode: number,
  hasExpired: boolean,
  wasRenewed: boolean,
): "held" | "stale" | "unknown" {
  // Who copies a directory copies a lock that nobody renews. Not all file systems number their files once and for all.
  const running = owner === null || owner.inode !== inode ? undefined : isRunning(owner);
  if (running === false) return "stale";
  if (running === true) return "held"; // one that is stopped, or asleep with its machine, goes on later
  if (hasExpired) return "stale";
  return wasRenewed ? "held" : "unknown";
}

/** Whether this call ended the lock: another process may have been faster. */
function removeLock(directory: string, token: string): boolean {
  const aside = join(directory, `${LOCK}-${token}-ended`);
  try {
    renameSync(join(directory, LOCK, token), aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
  removeIfPossible(aside);
  removeIfEmpty(join(directory, LOCK));
  return true;
}

function inWords(owner: LockOwner | null): string {
  return owner ? `process ${owner.pid} on ${owner.host}` : "another process";
}

function heldByAnother(directory: string, option: string, owner: LockOwner | null): LibbertError {
  return new LibbertError(
    "ERR_OPTION",
    `Expected a directory that no other run uses for ${option} but received ${describe(directory)}, which ` +
      `${inWords(owner)} is working in (if that is not so, delete ${join(directory, LOCK)})`,
    { option },
  );
}
