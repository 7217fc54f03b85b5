import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import { diagnose } from "../../lib/runtime/diagnose.js";
import { native } from "../../lib/tensor/native.js";
import { TRIALS } from "../../lib/tensor/own-kernels/trials.js";
import { scope } from "../../lib/tensor/scope.js";
import { countKernels } from "../support/gpu-kernels.js";

const binaries = diagnose().binaries!;
const build = dirname(binaries);
const skip = existsSync(join(build, "CMakeCache.txt")) ? false : "the binaries were not built here";

/** Puts an emulator of a GPU in the place of the CPU's kernels, which records each kernel as a call of "launch". */
before(() => {
  if (skip) return;
  execFileSync("cmake", ["--build", build, "--target", "libbert_emulated", "--parallel", "2"]);
  const loader = createRequire(import.meta.url)(join(binaries, "libbert.node"));
  loader.open(join(build, "test", "libbert_emulated.so"));
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
