import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { chainOfProducts } from "./products.js";

const WORKER = fileURLToPath(new URL("./compute-in-worker.js", import.meta.url));
const TENSOR_LAYER = new URL("../../lib/tensor/create.js", import.meta.url);
const NATIVE = new URL("../../lib/tensor/native.js", import.meta.url);

test("two threads compute at once, each with the same results as alone", async () => {
  const alone = chainOfProducts();
  const worker = new Worker(WORKER);
  const fromWorker: number[] = [];
  worker.on("message", (result: number) => fromWorker.push(result));
  while (fromWorker.length < 10) {
    assert.equal(chainOfProducts(), alone);
    await once(worker, "message");
  }
  await worker.terminate();
  assert.ok(alone > 0);
  assert.deepEqual(new Set(fromWorker), new Set([alone]));
});

test("threads that are terminated in the middle of computing leave the process whole and no tensor behind", async () => {
  // In a process of its own, so that a crash is this test's failure and not the runner's.
  const { stdout } = await runNode(`
    import { once } from "node:events";
    import { Worker } from "node:worker_threads";
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(${JSON.stringify(WORKER)}, { execArgv: [] });
      await once(worker, "message");
      await worker.terminate();
    }
    const { ones } = await import(${JSON.stringify(TENSOR_LAYER)});
    const { native } = await import(${JSON.stringify(NATIVE)});
    console.log(native.liveTensors(), ones([3]).sum().item());
  `);
  assert.equal(stdout, "0 3\n");
});

test("a process that ends with tensors alive, or in the middle of a worker's computing, exits with 0", async () => {
  const { stdout } = await runNode(`
    import { once } from "node:events";
    import { Worker } from "node:worker_threads";
    import { ones } from ${JSON.stringify(TENSOR_LAYER)};
    globalThis.kept = [ones([1000]), ones([1000])];
    kept[0].requiresGrad = true;
    kept.push(kept[0].mul(kept[1]).sum());
    kept[2].backward();
    await once(new Worker(${JSON.stringify(WORKER)}, { execArgv: [] }), "message");
    console.log(kept[2].item());
    process.exit();
  `);
  assert.equal(stdout, "1000\n");
});

/** Runs a module's text; rejects when it exits with anything but 0. */
function runNode(program: string): Promise<{ stdout: string }> {
  return promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
}
