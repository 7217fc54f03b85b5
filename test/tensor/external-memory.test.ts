import "../support/own-process.js";

import assert from "node:assert/strict";
import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { zeros } from "../../lib/tensor/create.js";

/** How often V8 collects all of its heap while `body` runs. */
async function collectionsIn(body: () => void): Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    const kinds = (list.getEntries() as (PerformanceEntry & { detail: { kind: number } })[]).map(
      ({ detail }) => detail.kind,
    );
    count += kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MAJOR).length;
  });
  observer.observe({ entryTypes: ["gc"] });
  for (let round = 0; round < 20; round++) {
    body();
    await nextTurn();
  }
  observer.disconnect();
  return count;
}

test("views of a large tensor make V8 collect nothing: they hold no memory beside the tensor's", async () => {
  using large = zeros([64 * 2 ** 20]);
  const count = await collectionsIn(() => {
    for (let view = 0; view < 20; view++) large.reshape([4, -1]).dispose();
  });
  assert.ok(count <= 1, `${count} collections`);
});

test("forgotten tensors are collected before they fill the memory", async () => {
  const before = process.memoryUsage.rss();
  const count = await collectionsIn(() => {
    for (let index = 0; index < 5; index++) zeros([4 * 2 ** 20]).fill_(1); // 16 MiB
  });
  assert.ok(count > 1, `${count} collections`);
  assert.ok(process.memoryUsage.rss() - before < 1e9); // of 1.6 GB
});
