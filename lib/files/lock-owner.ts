import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { hostname } from "node:os";

/** What a directory is locked for: a `save` is over in a moment, a `run` may take days. */
export type LockPurpose = "run" | "save";

/** The process that holds a lock. Its number alone may come again, after a restart or in another container. */
export interface LockOwner {
  /** Tells this lock from all others. */
  token: string;
  /** The directory's inode: a lock in a copy of the directory has another's. */
  inode: number;
  purpose: LockPurpose;
  host: string;
  /** Within what process numbers compare. */
  machine: string | undefined;
  pid: number;
  /** When the process started, in clock ticks since the kernel did. */
  started: string | undefined;
}

export function newOwner(directory: string, purpose: LockPurpose): LockOwner {
  const { pid } = process;
  return {
    ...{
      token: randomUUID(),
      inode: statSync(directory).ino,
      purpose,
      host: hostname(),
      machine: thisMachine(),
    },
    ...{ pid, started: processOf(pid)?.started },
  };
}

/** Whether the process runs; undefined where that cannot be seen from here: on another machine, in another container. */
export function isRunning({ machine, pid, started }: LockOwner): boolean | undefined {
  if (machine === undefined || machine !== thisMachine()) return undefined;
  const found = processOf(pid);
  return found !== undefined && found.started === started && !found.hasEnded;
}

export function isThisProcess(owner: LockOwner): boolean {
  return owner.pid === process.pid && isRunning(owner) === true;
}

/** The kernel since it started, and the process's set of process numbers; undefined where it does not say. */
export function thisMachine(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)), if there is such a process. The second field may have spaces in it. */
function processOf(pid: number): { started: string; hasEnded: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { started: fields[19]!, hasEnded: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}
