import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import type { DirectoryChange } from "../../lib/files/directory-change.js";
import { openOutputDirectory } from "../../lib/files/output-directory.js";
import { readSettled } from "../../lib/files/settled-directory.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const write = (files: Record<string, string>) => (staging: string) => {
  for (const [name, text] of Object.entries(files)) {
    if (name.includes("/")) mkdirSync(join(staging, name.split("/")[0]!), { recursive: true });
    writeFileSync(join(staging, name), text);
  }
};

async function change(folder: string, asked: DirectoryChange): Promise<void> {
  using output = await openOutputDirectory(folder, { overwrite: true });
  await output.change("files", asked);
}

function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = names.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]));
}

test("files appear when all are written, over older ones and beside others; those that are replaced go", async () => {
  const folder = temporaryDirectory();
  write({ a: "old", gone: "old", other: "stays" })(folder);
  await change(folder, {
    async write(staging) {
      write({ a: "new", b: "new", "1_Sub/c": "new" })(staging);
      assert.equal(readFileSync(join(folder, "a"), "utf8"), "old");
    },
    replaces: (name) => name !== "other",
  });
  assert.deepEqual(contentOf(folder), { a: "new", b: "new", "1_Sub/c": "new", other: "stays" });
  assert.deepEqual(readdirSync(folder).sort(), ["1_Sub", "a", "b", "other"]);
});

test("a directory may be named by a relative path, through a symbolic link, and get folders within folders", async () => {
  const folder = temporaryDirectory();
  const link = join(temporaryDirectory(), "link");
  symlinkSync(folder, link);
  const wrote = (staging: string) => {
    mkdirSync(join(staging, "modules/1_Sub"), { recursive: true });
    write({ a: "new", "modules/1_Sub/c": "new" })(staging);
  };
  for (const path of [`./${relative(process.cwd(), link)}`, `${link}/`]) await change(path, { write: wrote });
  assert.deepEqual(contentOf(folder), { a: "new", "modules/1_Sub/c": "new" });
});

test("a writer that throws leaves the directory as it was, and the error names path and option", async () => {
  const folder = temporaryDirectory();
  write({ a: "old" })(folder);
  const failing = change(folder, {
    write(staging) {
      write({ a: "half" })(staging);
      throw new Error("ENOSPC: no space left");
    },
  });
  await assert.rejects(failing, {
    code: "ERR_RUNTIME",
    option: "outputDir",
    message: `Expected to write files to ${folder} for outputDir but received ENOSPC: no space left`,
  });
  assert.deepEqual(contentOf(folder), { a: "old" });
});

test("a folder in a file's place is noticed before anything is moved", async () => {
  const folder = temporaryDirectory();
  write({ a: "old", "b/own": "stays" })(folder);
  await assert.rejects(
    change(folder, { write: write({ a: "new", b: "new" }) }),
    /EISDIR: .*b is a directory$/,
  );
  assert.deepEqual(contentOf(folder), { a: "old", "b/own": "stays" });
});

test("a symbolic link is replaced, not followed", async () => {
  const folder = temporaryDirectory();
  write({ elsewhere: "stays" })(folder);
  symlinkSync(join(folder, "elsewhere"), join(folder, "a"));
  await change(folder, { write: write({ a: "new", b: "new" }) });
  assert.deepEqual(contentOf(folder), { a: "new", b: "new", elsewhere: "stays" });
});

/** A folder with a model whose second save was stopped after so many of its files were moved. */
function stoppedHalfway(moved: number): string {
  const folder = temporaryDirectory();
  const pending = join(folder, ".change-00000000");
  mkdirSync(join(pending, "files"), { recursive: true });
  write({ "config.json": "old", "model.safetensors": "old", "vocab.txt": "old", own: "stays" })(folder);
  write({ "config.json": "new", "model.safetensors": "new", "tokenizer.json": "new" })(
    join(pending, "files"),
  );
  writeFileSync(join(pending, "removed.json"), JSON.stringify(["vocab.txt"]));
  const steps = [
    () => mkdirSync(join(pending, "old")),
    () => renameSync(join(folder, "config.json"), join(pending, "old/config.json")),
    () => renameSync(join(folder, "vocab.txt"), join(pending, "old/vocab.txt")),
    ...["model.safetensors", "tokenizer.json", "config.json"].map(
      (name) => () => renameSync(join(pending, "files", name), join(folder, name)),
    ),
  ];
  for (const step of steps.slice(0, moved)) step();
  return folder;
}

const NEW = { "config.json": "new", "model.safetensors": "new", "tokenizer.json": "new", own: "stays" };

for (let moved = 0; moved <= 6; moved++) {
  test(`a change that a crash stopped after ${moved} steps is completed by who reads or writes next`, async () => {
    const read = stoppedHalfway(moved);
    const found = await readSettled(read, async () => contentOf(read));
    assert.deepEqual(found, NEW);
    const written = stoppedHalfway(moved);
    await change(written, { write: write({ b: "newer" }) });
    assert.deepEqual(contentOf(written), { ...NEW, b: "newer" });
  });
}

test("a reader reads again when the files change under it, and what it threw or gave before does not count", async () => {
  const folder = temporaryDirectory();
  write({ "config.json": "1", "model.safetensors": "1" })(folder);
  const save = (text: string) =>
    change(folder, { write: write({ "config.json": text, "model.safetensors": text }) });
  const discarded: string[] = [];
  let reads = 0;
  const read = async () => {
    const config = readFileSync(join(folder, "config.json"), "utf8");
    if (++reads < 3) await save(String(reads + 1));
    const both = config + readFileSync(join(folder, "model.safetensors"), "utf8");
    if (reads === 1) throw new Error("they do not fit");
    return both;
  };
  assert.equal(await readSettled(folder, read, (content) => discarded.push(content)), "33");
  assert.deepEqual(discarded, ["23"]);
});

test("files that are none of a model's may change while it is read", async () => {
  const folder = temporaryDirectory();
  write({ "config.json": "1", "progress.json": "0", "notes.txt": "0" })(folder);
  let reads = 0;
  const read = async () => {
    reads++;
    for (const name of ["progress.json", "notes.txt"]) appendFileSync(join(folder, name), "1");
  };
  await readSettled(folder, read);
  assert.equal(reads, 1);
});

test("what a reader throws where nothing changes is thrown, and no directory is made", async () => {
  const folder = join(temporaryDirectory(), "none");
  const thrown = new Error("not there");
  await assert.rejects(
    readSettled(folder, () => Promise.reject(thrown)),
    thrown,
  );
  assert.equal(existsSync(folder), false);
});
