import { cpus, hostname, totalmem } from "node:os";
import { usableProcessors } from "../runtime/processors.js";
import { libbertVersion, loadedLibTorch } from "../runtime/versions.js";
import type { Compute } from "../tensor/compute.js";
import { numThreads } from "../tensor/process.js";

/** Where a run is computed, and with what. */
export function circumstancesOf({ device, dtype, reason }: Compute, started: Date) {
  return {
    started: started.toISOString(),
    compute: { device, dtype, reason, threads: numThreads() },
    versions: { libbert: libbertVersion(), libtorch: loadedLibTorch(), node: process.version },
    machine: {
      host: hostname(),
      cpu: cpus()[0]?.model ?? process.arch,
      cores: usableProcessors(),
      memoryBytes: totalmem(),
    },
  };
}

/** When a run ended, and what it took. */
export function costOf(started: Date) {
  const ended = new Date();
  return {
    ended: ended.toISOString(),
    seconds: (ended.getTime() - started.getTime()) / 1000,
    /** The most that the process had in memory since it began. */
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}
