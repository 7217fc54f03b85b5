import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

const CONTROL_GROUPS = "/sys/fs/cgroup";

/**
 * The processors that this process may keep busy: those that it may run on, and no more than its container has time for.
 * Threads beyond that wait for one another, and each such wait lasts until the container gets time again.
 */
export function usableProcessors(): number {
  const quota = processorQuota(readOrEmpty("/proc/self/cgroup"), (path) =>
    readOrEmpty(join(CONTROL_GROUPS, path)),
  );
  return Math.max(1, Math.min(availableParallelism(), Math.floor(quota)));
}

/**
 * How many processors' time the control groups of a process allow; infinity where they set no limit.
 *
 * @param membership content of /proc/self/cgroup
 * @param read a file of the control groups, by its path below their root; empty where there is none
 */
export function processorQuota(membership: string, read: (path: string) => string): number {
  const quotas = membership.split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === "") return selfAndAbove(path).map((group) => quotaOf(read(join(group, "cpu.max"))));
    if (!controllers!.split(",").includes("cpu")) return [];
    return selfAndAbove(path).map((group) => {
      const value = (name: string) => read(join(controllers!, group, name)).trim();
      return quotaOf(`${value("cpu.cfs_quota_us")} ${value("cpu.cfs_period_us")}`);
    });
  });
  return Math.min(Number.POSITIVE_INFINITY, ...quotas);
}

/** A group and those that it lies in, up to the root: each may set a limit. In a container, the own one is often the root. */
function selfAndAbove(path: string): string[] {
  return path === dirname(path) ? [path] : [path, ...selfAndAbove(dirname(path))];
}

/** "QUOTA PERIOD" in microseconds; "max", -1 or nothing for no limit. */
function quotaOf(text: string): number {
  const [quota, period] = text.trim().split(/\s+/).map(Number);
  return quota! > 0 && period! > 0 ? quota! / period! : Number.POSITIVE_INFINITY;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
