import assert from "node:assert/strict";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { setTimeout } from "node:timers/promises";
import type { ResourceLimits, Worker, WorkerOptions } from "node:worker_threads";

const threads = createRequire(import.meta.url)("node:worker_threads");

/** The worker threads that this process has started since this module was loaded. */
export const startedWorkers: Worker[] = [];

let limits: ResourceLimits | undefined;

/** Gives the workers that start from now on less memory than they need; without an argument, as much as usual. */
export function limitWorkers(resourceLimits?: ResourceLimits): void {
  limits = resourceLimits;
}

threads.Worker = class extends threads.Worker {
  constructor(file: URL, options: WorkerOptions = {}) {
    super(file, limits ? { ...options, resourceLimits: limits } : options);
    startedWorkers.push(this as unknown as Worker);
  }
};
syncBuiltinESMExports(); // those who imported the class by name get this one, too

/** How many of the threads that were started have not ended. */
export function runningThreads(): number {
  return startedWorkers.filter(({ threadId }) => threadId !== -1).length;
}

/** Fails when a call has left a port open, or more threads than `threads`. A port's end takes some turns to arrive. */
export async function assertNothingLeft(threads: number): Promise<void> {
  const openPorts = () => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
  for (let turn = 0; turn < 20 && openPorts() > 0; turn++) await setTimeout(5);
  assert.equal(openPorts(), 0, "ports left open");
  assert.equal(runningThreads(), threads, "threads left running");
}
