import "../support/own-process.js";

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

const isLoaded = () => readFileSync("/proc/self/maps", "utf8").includes("/libbert_addon.so");

test("the addon's code stays in memory when the thread that loaded it has ended: threads of its own may still run", async () => {
  const worker = new Worker(new URL("../../lib/tensor/native.js", import.meta.url));
  const [code] = await once(worker, "exit");
  assert.equal(code, 0);
  assert.ok(isLoaded());
});
