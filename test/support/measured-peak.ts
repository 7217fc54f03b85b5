import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { MemorySettings } from "./peak-memory.js";

const program = fileURLToPath(new URL("./peak-memory.js", import.meta.url));

/** Bytes by which one update of a BERT raises a new process's peak memory. */
export function measuredPeak(settings: Partial<MemorySettings>): number {
  const output = execFileSync(process.execPath, [program, JSON.stringify(settings)], { encoding: "utf8" });
  return JSON.parse(output).bytes;
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
