import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];
process.on("exit", () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** A new directory that goes when the process ends: modules that several test files share may ask for one, too. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "libbert-test-"));
  made.push(directory);
  return directory;
}
