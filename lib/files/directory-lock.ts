import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, LibbertError } from "../errors.js";

export const LOCK_FILE = ".lock";

/** A process on a machine; the number alone may come again, after a restart or in another container. */
interface Owner {
  host: string;
  /** Changes when the machine restarts. */
  boot: string;
  pid: number;
  /** When the process started, in clock ticks since the machine did. */
  started: string | undefined;
}

/**
 * Reserves a directory for one run at a time. A lock whose process has ended counts for nothing.
 *
 * @param option what the caller's option is called
 * @throws LibbertError ERR_OPTION when another run has it
 */
export function lockDirectory(directory: string, option = "outputDir"): Disposable {
  const path = join(directory, LOCK_FILE);
  if (!take(path)) throw taken(directory, option, ownerOf(path), path);
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

/** Whether the lock is now this process's. */
function take(path: string): boolean {
  if (created(path)) return true;
  if (stateOf(path) === "held") return false;
  // One process at a time removes stale locks: a second one would remove the lock that the first has made in its place.
  const removal = `${path}-removal`;
  if (!take(removal)) return false;
  try {
    if (stateOf(path) === "stale") rmSync(path, { force: true });
    return created(path);
  } finally {
    rmSync(removal, { force: true });
  }
}

/** Makes the lock if there is none. It appears with its content, so no process takes a half-written lock for a stale one. */
function created(path: string): boolean {
  const draft = `${path}-${randomUUID()}`;
  try {
    writeFileSync(draft, JSON.stringify(ownerWithPid(process.pid)));
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function stateOf(path: string): "free" | "held" | "stale" {
  const owner = ownerOf(path);
  if (owner === undefined) return "free";
  return owner !== null && isRunning(owner) ? "held" : "stale";
}

/** Undefined where there is no lock; null where a crash cut it short. */
function ownerOf(path: string): Owner | null | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : null;
  }
}

/** Of a process on another machine nothing can be known; it is taken to run. */
function isRunning({ host, boot, pid, started }: Owner): boolean {
  const now = ownerWithPid(pid);
  if (host !== now.host) return true;
  return boot === now.boot && started !== undefined && started === now.started;
}

function ownerWithPid(pid: number): Owner {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return { host: hostname(), boot, pid, started: startOf(pid) };
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)), if there is such a process. The second field may have spaces in it. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function taken(
  directory: string,
  option: string,
  owner: Owner | null | undefined,
  path: string,
): LibbertError {
  const who = owner ? `process ${owner.pid} on ${owner.host}` : "another process";
  return new LibbertError(
    "ERR_OPTION",
    `Expected a directory that no other run uses for ${option} but received ${describe(directory)}, which ${who} ` +
      `is working in (if that is not so, delete ${path})`,
    { option },
  );
}
