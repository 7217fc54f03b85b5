import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { globSync } from "tinyglobby";

/** Reads memory or tensors of the process, or imports what counts its threads, ports and files. */
const MEASURES = /\bliveTensors\(|process\.memoryUsage\b|"\.\.?\/(\w+\/)?(workers|resources)\.js"/;

test("every test file that counts what a process holds, or measures its memory, has a process of its own", () => {
  const files = globSync("**/*.test.ts", { cwd: "test", ignore: "cuda/**" });
  const sourceOf = (file: string) => readFileSync(join("test", file), "utf8");
  const measuring = files.filter((file) => MEASURES.test(sourceOf(file)));
  assert.ok(measuring.length > 30, `${measuring.length} files`);
  assert.deepEqual(
    measuring.filter((file) => !sourceOf(file).includes('/support/own-process.js"')),
    [],
  );
});
