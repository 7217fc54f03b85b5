import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

export interface WatchedRun {
  /** What the program printed. */
  output: string;
  /** Of its resident memory. */
  peakMiB: number;
  /** The whole program, from start to exit. */
  wallSeconds: number;
}

/** Runs a program to its end and watches its memory. @throws Error when it fails */
export async function runWatched(
  program: string,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<WatchedRun> {
  const start = performance.now();
  const env = { ...process.env, ...environment };
  const child = spawn(program, parameters, { env, stdio: ["ignore", "pipe", "inherit"] });
  let peakMiB = 0;
  const poll = setInterval(() => {
    if (child.pid !== undefined) peakMiB = Math.max(peakMiB, peakResidentMiB(child.pid));
  }, 50);
  try {
    const closed = new Promise<number | null>((done, failed) => child.on("error", failed).on("close", done));
    const [output, code] = await Promise.all([text(child.stdout), closed]);
    if (code !== 0) throw new Error(`${child.spawnargs.join(" ")} ended with exit code ${code}`);
    return { output, peakMiB, wallSeconds: (performance.now() - start) / 1000 };
  } finally {
    clearInterval(poll);
  }
}

/** Linux keeps the peak of the resident set itself, so reading it now and then misses only the very end. */
function peakResidentMiB(pid: number): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kibibytes ?? 0) / 1024;
  } catch {
    return 0; // exited between two readings
  }
}
