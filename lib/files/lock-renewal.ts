import { Worker } from "node:worker_threads";
import { threadFile } from "../thread-file.js";

/** How often a lock is renewed. */
const EVERY_MS = 2500;

/** A lock that was not renewed for so long is of a process that has ended, or is cut off. */
export const LEASE_MS = 30_000;

const renewed = new Set<string>();
let thread: Worker | undefined;

/**
 * Renews a lock until it is released: writes into `file` every few seconds.
 *
 * @param isBrief whether that is seldom needed: the thread that does it is then not started at once
 */
export function keepRenewed(file: string, isBrief: boolean): Disposable {
  if (!isBrief) return renewedByThread(file);
  let renewal: Disposable | undefined;
  const timer = setTimeout(() => {
    renewal = renewedByThread(file);
  }, EVERY_MS);
  timer.unref();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      renewal?.[Symbol.dispose]();
    },
  };
}

function renewedByThread(file: string): Disposable {
  renew(file);
  return {
    [Symbol.dispose]() {
      renewed.delete(file);
      thread?.postMessage({ remove: file });
      if (renewed.size > 0) return;
      const ended = thread;
      thread = undefined;
      // It ends itself, and is waited for: a thread that is terminated while its module is read may leave that file open.
      ended?.postMessage({ end: true });
      ended?.ref();
    },
  };
}

function renew(file: string): void {
  renewed.add(file);
  thread ??= startThread();
  thread.postMessage({ add: file });
}

function startThread(): Worker {
  const url = threadFile("renew-locks-thread.js", import.meta.url);
  const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };
  // Flags of node that are meant for the application's code, such as --input-type, would break ours.
  const worker = new Worker(url, { execArgv: [], workerData: { everyMs: EVERY_MS }, resourceLimits });
  worker.on("error", () => {}); // a lock that is not renewed may be lost, which is noticed before anything is written
  worker.on("exit", () => {
    if (worker === thread) setTimeout(startAnew, EVERY_MS).unref();
  });
  worker.unref();
  return worker;
}

/** After a thread that died, for want of memory say. One that is no longer needed is not the current one when it ends. */
function startAnew(): void {
  thread = undefined;
  for (const file of renewed) renew(file);
}
