import { readdirSync, readFileSync } from "node:fs";

/** What this process holds. */
export interface Resources {
  /** Resident memory in MiB. */
  memory: number;
  files: number;
  threads: number;
}

export function resources(): Resources {
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)![1]);
  return {
    memory: field("VmRSS") / 1024,
    files: readdirSync("/proc/self/fd").length,
    threads: field("Threads"),
  };
}
