import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** What this process holds. */
export interface Resources {
  /** Resident memory in MiB. */
  memory: number;
  /** What is open, by its descriptor. */
  files: ReadonlyMap<string, string>;
  threads: number;
}

export function resources(): Resources {
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)![1]);
  return {
    memory: field("VmRSS") / 1024,
    files: openFiles(),
    threads: field("Threads"),
  };
}

function openFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const descriptor of readdirSync("/proc/self/fd")) {
    try {
      files.set(descriptor, readlinkSync(join("/proc/self/fd", descriptor)));
    } catch {
      // that of the folder itself, which is closed by now
    }
  }
  return files;
}

/** What is open that was not: a reason to fail, by its name. */
export function opened(before: Resources, now: Resources): string {
  const others = [...now.files].filter(([descriptor, file]) => before.files.get(descriptor) !== file);
  return `${before.files.size} files before, ${now.files.size} now, among them ${JSON.stringify(others)}`;
}
