import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findTextFiles } from "../../../lib/data/corpus/input-files.js";
import { describe } from "../../../lib/errors.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

function folderWith(names: string[]): string {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "deep/er"), { recursive: true });
  for (const name of names) writeFileSync(join(folder, name), "text");
  return folder;
}

test("patterns find files, sorted, each once, in any depth; names are taken as they are", async () => {
  const folder = folderWith(["b.txt", "a.txt", "deep/er/c.jsonl.gz", "d [1].txt", "notes.md"]);
  const inFolder = (name: string) => join(folder, name);
  const files = await findTextFiles(["d [1].txt", "*.txt", "a.txt", "**/*.jsonl{,.gz}"].map(inFolder));
  assert.deepEqual(
    files.map(({ path }) => path),
    ["d [1].txt", "a.txt", "b.txt", "deep/er/c.jsonl.gz"].map(inFolder),
  );
  assert.deepEqual(
    files.map(({ format, gzipped, bytes }) => ({ format, gzipped, bytes })),
    [
      ...Array(3).fill({ format: "lines", gzipped: false, bytes: 4 }),
      { format: "jsonl", gzipped: true, bytes: 4 },
    ],
  );
});

test("a pattern that matches nothing, and a folder, are refused", async () => {
  const folder = folderWith(["a.txt"]);
  for (const pattern of [join(folder, "*.jsonl"), join(folder, "deep"), join(folder, "none.txt")]) {
    await assert.rejects(findTextFiles([join(folder, "a.txt"), pattern]), {
      code: "ERR_OPTION",
      message: `Expected a file, or a pattern that matches one, for input but received ${describe(pattern)}`,
    });
  }
});

test("a file of another kind is refused by name", async () => {
  const path = join(folderWith(["notes.md"]), "notes.md");
  await assert.rejects(findTextFiles([path]), {
    code: "ERR_DATA",
    message: `${path}: Expected a file that ends in .txt, .jsonl, .txt.gz or .jsonl.gz but received another`,
  });
});
