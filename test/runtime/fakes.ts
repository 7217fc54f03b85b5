import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A folder that is removed when the test ends. */
export function temporaryFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "libbert-test-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Sets environment variables (undefined: unsets them) until the test ends, when all are as they were before. */
export function setEnvironment(test: TestContext, variables: Record<string, string | undefined>): void {
  const before = { ...process.env };
  test.after(() => {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, before);
  });
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** Makes a folder that looks like LibTorch as Python's torch brings it; nothing in it can be loaded. */
export function fakeLibTorch(folder: string, version: string, cuda: string | null = null): string {
  mkdirSync(join(folder, "lib"), { recursive: true });
  mkdirSync(join(folder, "include"));
  writeFileSync(join(folder, "lib", "libtorch_cpu.so"), "");
  const value = cuda === null ? "None" : `'${cuda}'`;
  writeFileSync(join(folder, "version.py"), `__version__ = '${version}'\ncuda: Optional[str] = ${value}\n`);
  return folder;
}
