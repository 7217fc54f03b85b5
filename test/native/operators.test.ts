import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { diagnose } from "../../lib/runtime/diagnose.js";

const python = process.env.LIBBERT_REFERENCE_PYTHON;

test("every operator agrees with PyTorch in float64, forward and backward", {
  skip: python ? false : "LIBBERT_REFERENCE_PYTHON is not set: no PyTorch to compare with",
}, () => {
  const library = join(diagnose().binaries!, "libbert_ops.so");
  const checks = spawnSync(python!, ["test/native/check_ops.py", library], { encoding: "utf8" });
  assert.equal(checks.status, 0, checks.stdout.slice(-3000) + checks.stderr);
});
