import "../support/own-process.js";

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import "../../lib/tensor/native.js"; // what LibTorch takes once is no thread's

async function endThreads(count: number): Promise<void> {
  for (let thread = 0; thread < count; thread++)
    await once(new Worker(new URL("ended-threads.js", import.meta.url)), "exit");
}

test("threads that end with 100,000 tensors each leave nothing of them behind", async () => {
  await endThreads(2); // the allocator has its pages then
  const before = process.memoryUsage.rss();
  await endThreads(5);
  const left = (process.memoryUsage.rss() - before) / 2 ** 20;
  assert.ok(left < 10, `${left} MiB`); // 40 bytes for each tensor would be 19
});
