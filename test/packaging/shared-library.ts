import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Compiles C into a shared library in `folder`, with g++, which the native build needs as well. */
export function sharedLibrary(folder: string, file: string, source: string, ...flags: string[]): string {
  writeFileSync(join(folder, `${file}.c`), source);
  const inputs = ["-shared", "-fPIC", "-x", "c", `${file}.c`, "-x", "none"];
  const child = spawnSync("g++", [...inputs, "-o", file, ...flags], { cwd: folder, encoding: "utf8" });
  assert.equal(child.status, 0, child.stderr);
  return join(folder, file);
}
