import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeStaged } from "../../lib/files/staged-directory.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("files appear when all are written, over older ones and beside others", async () => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "a"), "old");
  writeFileSync(join(folder, "other"), "stays");
  await writeStaged(folder, async (staging) => {
    writeFileSync(join(staging, "a"), "new");
    writeFileSync(join(staging, "b"), "new");
    assert.equal(readFileSync(join(folder, "a"), "utf8"), "old");
  });
  const contents = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]);
  assert.deepEqual(Object.fromEntries(contents), { a: "new", b: "new", other: "stays" });
});

test("a writer that throws leaves the directory as it was", async () => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "a"), "old");
  const thrown = new Error("disk full");
  const writing = writeStaged(folder, async (staging) => {
    writeFileSync(join(staging, "a"), "half");
    throw thrown;
  });
  await assert.rejects(writing, thrown);
  assert.deepEqual(readdirSync(folder), ["a"]);
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "old");
});

test("what a killed process left half-written is not taken for a file of the next", async () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, ".partial"));
  writeFileSync(join(folder, ".partial", "stale"), "half");
  await writeStaged(folder, async (staging) => writeFileSync(join(staging, "a"), "new"));
  assert.deepEqual(readdirSync(folder), ["a"]);
});
