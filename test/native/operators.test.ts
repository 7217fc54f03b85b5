import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { diagnose } from "../../lib/runtime/diagnose.js";

const python = process.env.LIBBERT_REFERENCE_PYTHON;
const skip = python ? false : "LIBBERT_REFERENCE_PYTHON is not set: no PyTorch to compare with";
const binaries = diagnose().binaries!;
const operators = join(binaries, "libbert_ops.so");

function run(command: string, args: string[], env: Record<string, string> = {}): void {
  const child = spawnSync(command, args, { encoding: "utf8", env: { ...process.env, ...env } });
  assert.equal(child.status, 0, child.stdout.slice(-3000) + child.stderr);
}

test("every operator agrees with PyTorch in float64, forward and backward", { skip }, () => {
  run(python!, ["test/native/check_ops.py", operators]);
});

for (const instructions of ["baseline", "avx2", "avx512"]) {
  test(`so it does with the instructions of ${instructions} alone`, { skip }, () => {
    run(python!, ["test/native/check_ops.py", operators], { LIBBERT_INSTRUCTIONS: instructions });
  });
}

for (const [what, library, flags] of [
  ["compositions", "libbert_compositions", []],
  ["own kernels, emulated,", "libbert_emulated", ["--own-kernels"]],
] as const) {
  test(`the GPU's ${what} agree with PyTorch, and with the CPU's dropout bit for bit, when run on the CPU`, {
    skip: skip || withoutBuild(),
  }, () => {
    const build = dirname(binaries);
    run("cmake", ["--build", build, "--target", library, "--parallel", "2"]);
    run(python!, ["test/native/check_ops.py", operators, join(build, "test", `${library}.so`), ...flags]);
  });
}

function withoutBuild(): string | false {
  return existsSync(join(dirname(binaries), "CMakeCache.txt")) ? false : "the binaries were not built here";
}
