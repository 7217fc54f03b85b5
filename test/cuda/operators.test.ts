import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { diagnose } from "../../lib/runtime/diagnose.js";

const python = process.env.LIBBERT_REFERENCE_PYTHON;
const binaries = diagnose().binaries!;
const build = dirname(binaries);

function skip(): string | false {
  if (!python) return "LIBBERT_REFERENCE_PYTHON is not set: no PyTorch to compare with";
  return existsSync(join(build, "CMakeCache.txt")) ? false : "the binaries were not built here";
}

function run(command: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  assert.equal(status, 0, stdout.slice(-3000) + stderr);
}

for (const [what, library, flags] of [
  ["compositions", "libbert_compositions", []],
  ["own kernels, emulated,", "libbert_emulated", ["--own-kernels"]],
] as const) {
  test(`the GPU's ${what} agree with PyTorch, and with the CPU's dropout bit for bit, when run on the CPU`, {
    skip: skip(),
  }, () => {
    run("cmake", ["--build", build, "--target", library, "--parallel", "2"]);
    const libraries = [join(binaries, "libbert_ops.so"), join(build, "test", `${library}.so`)];
    run(python!, ["test/native/check_ops.py", ...libraries, ...flags]);
  });
}
