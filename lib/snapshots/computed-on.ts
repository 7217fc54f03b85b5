import { isDeepStrictEqual } from "node:util";
import type { Compute } from "../tensor/compute.js";
import { numThreads } from "../tensor/process.js";
import type { RunState } from "./snapshot-state.js";

type ComputedOn = RunState["computedOn"];

/** What a run's sums are computed on. */
export function computedOn({ device }: Compute): ComputedOn {
  const kind = device.split(":")[0]!;
  return { device: kind, threads: kind === "cpu" ? numThreads() : null };
}

/** Says that numbers are added in another order than before, if they are. */
export function noticeOrderOfSums(
  before: ComputedOn,
  now: ComputedOn,
  notify: (message: string) => void,
): void {
  if (isDeepStrictEqual(before, now)) return;
  const text = ({ device, threads }: ComputedOn) =>
    threads === null ? device : `${device} with ${threads} ${threads === 1 ? "thread" : "threads"}`;
  notify(
    `computing on ${text(now)} instead of ${text(before)}: numbers are added in another order, and the result may differ in ` +
      "its last bits from that of a run without interruption",
  );
}
