import assert from "node:assert/strict";
import { before, test } from "node:test";
import { native } from "../../lib/tensor/native.js";
import { TRIALS } from "../../lib/tensor/own-kernels/trials.js";
import { scope } from "../../lib/tensor/scope.js";
import { countKernels } from "../support/gpu-kernels.js";
import { openEmulator, skip } from "./emulator.js";

before(() => {
  if (skip) return;
  openEmulator();
  native.useOwnKernels(native.ownKernels());
});

for (const [name, trial] of Object.entries(TRIALS)) {
  test(`as many kernels as the table says are launched by ${name}`, { skip }, () => {
    const run = () => scope(() => void trial({ device: "cpu", dtype: "float32" }));
    const launched = countKernels(run, { launch: 1 });
    assert.ok(launched.byOperator.launch! > 0);
    const said = countKernels(run);
    assert.equal(said.kernels, launched.kernels, JSON.stringify([said.byOperator, launched.byOperator]));
  });
}
