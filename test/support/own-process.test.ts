import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { globSync } from "tinyglobby";

test("every test file that counts tensors or measures the process's memory has a process of its own", () => {
  const files = globSync("**/*.test.ts", { cwd: "test", ignore: "cuda/**" });
  const sourceOf = (file: string) => readFileSync(join("test", file), "utf8");
  const measuring = files.filter((file) => /\bliveTensors\(|process\.memoryUsage\b/.test(sourceOf(file)));
  assert.ok(measuring.length > 20, `${measuring.length} files`);
  assert.deepEqual(
    measuring.filter((file) => !sourceOf(file).includes('/support/own-process.js"')),
    [],
  );
});
