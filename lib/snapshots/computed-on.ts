import type { Compute } from "../tensor/compute.js";
import { numThreads } from "../tensor/process.js";
import type { ComputedOn } from "./order-of-sums.js";

/** What a run's sums are computed on. */
export function computedOn({ device }: Compute): ComputedOn {
  const kind = device.split(":")[0]!;
  return { device: kind, threads: kind === "cpu" ? numThreads() : null };
}
