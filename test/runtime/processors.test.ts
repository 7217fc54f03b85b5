import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { processorQuota, usableProcessors } from "../../lib/runtime/processors.js";

/** What a tree of control groups answers. */
const filesOf = (files: Record<string, string>) => (path: string) => files[path] ?? "";

test("without a limit all processors may be used", () => {
  assert.equal(processorQuota("0::/\n", filesOf({})), Number.POSITIVE_INFINITY);
  assert.equal(processorQuota("0::/\n", filesOf({ "/cpu.max": "max 100000\n" })), Number.POSITIVE_INFINITY);
  assert.equal(processorQuota("", filesOf({})), Number.POSITIVE_INFINITY);
  assert.ok(usableProcessors() >= 1 && usableProcessors() <= availableParallelism());
});

test("the smallest limit of a process's control group and those above counts", () => {
  const read = filesOf({
    "/pods/cpu.max": "150000 100000\n",
    "/pods/mine/cpu.max": "max 100000\n",
    "/cpu.max": "800000 100000\n",
  });
  assert.equal(processorQuota("0::/pods/mine\n", read), 1.5);
});

test("the limits of version 1 are read, too, and -1 is none", () => {
  const membership = "4:memory:/box\n1:cpu,cpuacct:/box\n0::/\n";
  const limited = {
    "cpu,cpuacct/box/cpu.cfs_quota_us": "400000\n",
    "cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
  };
  assert.equal(processorQuota(membership, filesOf(limited)), 4);
  const free = { ...limited, "cpu,cpuacct/box/cpu.cfs_quota_us": "-1\n" };
  assert.equal(processorQuota(membership, filesOf(free)), Number.POSITIVE_INFINITY);
});
