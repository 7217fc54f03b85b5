import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** At which call to the disk a process is to fail, and how. */
export interface DiskFault {
  /** From 1. */
  at: number;
  kind: keyof typeof KINDS;
}

/** What becomes of the call: the process is killed there, or it and all later ones fail with that error. */
const KINDS = { kill: "kill", EIO: "5", EACCES: "13", ENOSPC: "28", EROFS: "30", EDQUOT: "122" };
export const FAULT_KINDS = Object.keys(KINDS) as DiskFault["kind"][];

/** A disk that fails as it is told, for processes that are started with its environment. */
export interface FailingDisk {
  environment(directory: string, fault: DiskFault): Record<string, string>;
  /** Calls that change something below the directory, in what `run` starts with the environment. */
  countCalls(directory: string, run: (environment: Record<string, string>) => void): number;
}

/** The reason for which it cannot be made here; undefined where it can. */
export function whyNoFailingDisk(): string | undefined {
  try {
    execFileSync("cc", ["--version"], { stdio: "ignore" });
  } catch {
    return "no cc to compile test/faults/failing-disk.c with";
  }
}

export function failingDisk(): FailingDisk {
  const folder = temporaryDirectory();
  const library = join(folder, "failing-disk.so");
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, "test/faults/failing-disk.c", "-ldl"]);
  const preloaded = (directory: string) => ({ LD_PRELOAD: library, FAULT_DIRECTORY: directory });
  let counts = 0;
  return {
    environment: (directory, { at, kind }) => ({
      ...preloaded(directory),
      FAULT_AT: String(at),
      FAULT_KIND: KINDS[kind],
    }),
    countCalls(directory, run) {
      const count = join(folder, `count-${++counts}`);
      run({ ...preloaded(directory), FAULT_COUNT: count });
      return existsSync(count) ? statSync(count).size : 0;
    },
  };
}
