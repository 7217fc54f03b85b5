import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename } from "node:path";

/** What a directory is locked for: a `save` is over in a moment, a `run` may take days, a `download` is worth waiting for. */
export type LockPurpose = "run" | "save" | "download";

/** The thread that holds a lock, and its process. Its number alone may come again, after a restart or in another container. */
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
  /** The system's number of the thread that has the lock: its process may outlive it. */
  thread: number;
  /** When the thread started, in clock ticks since the kernel did. */
  started: string | undefined;
}

export function newOwner(directory: string, purpose: LockPurpose): LockOwner {
  const { pid } = process;
  const thread = ownThread();
  return {
    ...{
      token: randomUUID(),
      inode: statSync(directory).ino,
      purpose,
      host: hostname(),
      machine: thisMachine(),
    },
    ...{ pid, thread, started: threadOf(pid, thread)?.started },
  };
}

/** Whether the thread runs; undefined where that cannot be seen from here: on another machine, in another container. */
export function isRunning({ machine, pid, thread, started }: LockOwner): boolean | undefined {
  if (machine === undefined || machine !== thisMachine()) return undefined;
  const found = threadOf(pid, thread);
  return found !== undefined && found.started === started && !found.hasEnded;
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

/** `/proc/thread-self` leads to `<pid>/task/<thread>` (proc(5)). Where there is none, the first thread stands for all. */
function ownThread(): number {
  try {
    return Number(basename(readlinkSync("/proc/thread-self")));
  } catch {
    return process.pid;
  }
}

/** Fields 3 and 22 of a thread's `stat` (proc(5)), if there is such a thread. The second field may have spaces in it. */
function threadOf(pid: number, thread: number): { started: string; hasEnded: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { started: fields[19]!, hasEnded: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}
