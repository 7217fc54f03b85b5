import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { diagnose } from "../../lib/runtime/diagnose.js";

const binaries = diagnose().binaries!;
const build = dirname(binaries);

/** Why the emulator cannot be built; false where it can. */
export const skip = existsSync(join(build, "CMakeCache.txt")) ? false : "the binaries were not built here";

/** Puts an emulator of a GPU in the place of the CPU's kernels, for this process: it records each kernel as a call of "launch". */
export function openEmulator(): void {
  execFileSync("cmake", ["--build", build, "--target", "libbert_emulated", "--parallel", "2"]);
  const loader = createRequire(import.meta.url)(join(binaries, "libbert.node"));
  loader.open(join(build, "test", "libbert_emulated.so"));
}
