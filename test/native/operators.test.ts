import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { diagnose } from "../../lib/runtime/diagnose.js";

const python = process.env.LIBBERT_REFERENCE_PYTHON;
const skip = python ? false : "LIBBERT_REFERENCE_PYTHON is not set: no PyTorch to compare with";
const operators = join(diagnose().binaries!, "libbert_ops.so");

function check(variables: Record<string, string> = {}): void {
  // PyTorch's threads look for work in a loop by default, and take the time of those that have some.
  const env = { ...process.env, OMP_WAIT_POLICY: "passive", ...variables };
  const options = { encoding: "utf8", env } as const;
  const { status, stdout, stderr } = spawnSync(python!, ["test/native/check_ops.py", operators], options);
  assert.equal(status, 0, stdout.slice(-3000) + stderr);
}

test("every operator agrees with PyTorch in float64, forward and backward", { skip }, () => {
  check();
});

for (const instructions of ["baseline", "avx2", "avx512", "amx"]) {
  test(`so it does with the instructions of ${instructions} alone`, { skip }, () => {
    check({ LIBBERT_INSTRUCTIONS: instructions });
  });
}
