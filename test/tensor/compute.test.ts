import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cuda } from "../../lib/runtime/cuda.js";
import { chooseCompute, chooseDevice } from "../../lib/tensor/compute.js";

const V100 = { name: "Tesla V100", capability: "7.0", totalMemory: 16e9 };
const H100 = { name: "NVIDIA H100", capability: "9.0", totalMemory: 85e9 };

const machine = (...devices: Cuda["devices"]): Cuda => ({
  driver: "13.0",
  runtime: "13.0",
  devices,
  remedies: [],
});
const lacking: Cuda = { ...machine(), problem: "there is no NVIDIA driver (none)", remedies: ["fix"] };

test("auto takes the first GPU that can be used, else the CPU and says why", () => {
  assert.deepEqual(chooseDevice("auto", machine(H100, V100)), { device: "cuda:0", gpu: H100 });
  assert.deepEqual(chooseDevice("auto", machine(V100, H100)), { device: "cuda:1", gpu: H100 });
  assert.deepEqual(chooseDevice("auto", lacking), { device: "cpu", whyNoGpu: lacking.problem });
});

test("cpu is the CPU whatever else there is, and cuda is cuda:0", () => {
  assert.deepEqual(chooseDevice("cpu", machine(H100)), { device: "cpu" });
  assert.deepEqual(chooseDevice("cuda", machine(H100, H100)), { device: "cuda:0", gpu: H100 });
  assert.deepEqual(chooseDevice("cuda:1", machine(V100, H100)), { device: "cuda:1", gpu: H100 });
});

test("a GPU that was named is never replaced: the error says what is missing and how to fix it", () => {
  for (const device of ["cuda", "cuda:1"]) {
    assert.throws(() => chooseDevice(device, lacking), {
      code: "ERR_OPTION",
      message: `Expected "auto" or "cpu" for device but received "${device}": there is no NVIDIA driver (none)\nTo fix it:\n  fix`,
    });
  }
});

test("a number that no GPU has is refused with those that there are", () => {
  assert.throws(() => chooseDevice("cuda:2", machine(H100, H100)), {
    code: "ERR_OPTION",
    message:
      'Expected "auto", "cpu" or a GPU of this machine ("cuda:0", "cuda:1") for device but received "cuda:2"',
  });
});

test("a GPU that is too old is refused by name", () => {
  assert.throws(() => chooseDevice("cuda:1", machine(H100, V100)), {
    code: "ERR_OPTION",
    message: /received "cuda:1": Tesla V100 has compute capability 7\.0, and libbert needs 8\.0 or newer\n/,
  });
});

test("the reason says what was decided, and why not on a GPU only where that was decided, too", () => {
  const asked = chooseCompute({ device: "cpu", dtype: "float32" });
  assert.deepEqual(asked, { device: "cpu", dtype: "float32", reason: "float32 as asked" });
  const { device, reason } = chooseCompute({ device: "auto", dtype: "float32" });
  if (device === "cpu") assert.match(reason, /^float32 as asked; not on a GPU: /);
  else assert.equal(reason, "float32 as asked");
});
