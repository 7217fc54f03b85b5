import type { ComputeSettings } from "../options/compute-options.js";
import type { RanksSettings } from "../options/ranks-options.js";
import { type Compute, chooseCompute } from "../tensor/compute.js";
import { ProcessGroup } from "./group.js";
import { membershipOf } from "./membership.js";
import type { Facts } from "./rendezvous.js";

/** As `chooseCompute`, for one of several processes: where that is a GPU, it is the process's own, and sums go over GPUs. */
export function chooseComputeOf(group: ProcessGroup | undefined, settings: ComputeSettings): Compute {
  const compute = chooseCompute(settings, group?.rendezvous.membership);
  if (compute.device !== "cpu") group?.useGpu();
  return compute;
}

/** What must be alike on all ranks of what they compute with: sums go over GPUs on all, or on none. */
export function factsOfCompute({ device, dtype }: Pick<Compute, "device" | "dtype">): Facts {
  return { device: device.split(":")[0], dtype };
}

/**
 * Runs something together with the other processes that a launcher started, if it started any.
 *
 * @param facts what has to be the same on all ranks, such as the run's settings
 * @param body gets none in a process on its own; what it throws, the other ranks are told
 * @throws ERR_DISTRIBUTED on every rank, where one is missing, lost, or differs
 */
export async function withRanks<Result>(
  { rankTimeout }: RanksSettings,
  facts: Facts,
  signal: AbortSignal | undefined,
  body: (group: ProcessGroup | undefined) => Promise<Result>,
): Promise<Result> {
  const membership = membershipOf();
  if (membership === null) return body(undefined);
  const group = await ProcessGroup.join(membership, { timeoutSeconds: rankTimeout, signal }, facts);
  try {
    const result = await body(group);
    group.barrier(); // rank 0 may still be saving, and its launcher must not see the others end before
    return result;
  } catch (error) {
    group.fail(error);
    throw error;
  } finally {
    group.leave();
  }
}
