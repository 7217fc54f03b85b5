import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A new directory that goes when the tests of the file, or the test that asks for it, are over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "libbert-test-"));
  after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
