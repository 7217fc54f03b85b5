import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folderName } from "../../lib/files/folder-name.js";
import { produceWholeFile, writeWholeFile } from "../../lib/files/whole-file.js";
import { onSmallDisk } from "../support/small-disk.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("a file appears when it is whole; a producer that fails leaves the older one and nothing else", async () => {
  const folder = temporaryDirectory();
  const path = join(folder, "out.tsv");
  writeFileSync(path, "old");
  const failing = produceWholeFile(path, "output", async (write) => {
    await write("half");
    assert.equal(readFileSync(path, "utf8"), "old");
    throw new Error("no");
  });
  await assert.rejects(failing, /^Error: no$/);
  assert.equal(readFileSync(path, "utf8"), "old");
  await produceWholeFile(path, "output", (write) => write("new"));
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.deepEqual(readdirSync(folder), ["out.tsv"]);
});

test("what a killed process of this machine left of a file goes with the next", async () => {
  const folder = temporaryDirectory();
  let partial = "";
  await produceWholeFile(join(folder, "a"), "output", async () => {
    [partial] = readdirSync(folder) as [string];
  });
  const [start, machine] = partial.split("-");
  writeFileSync(join(folder, [start, machine, 2 ** 30, "0"].join("-")), "");
  writeFileSync(join(folder, [start, "elsewhere", 2 ** 30, "0"].join("-")), "");
  writeWholeFile(join(folder, "b"), "text", "outputDir");
  assert.deepEqual(readdirSync(folder).sort(), [`${start}-elsewhere-${2 ** 30}-0`, "a", "b"]);
});

test("of two that write one file at once, the file is of one of them", async () => {
  const path = join(temporaryDirectory(), "out");
  const lines = (word: string) =>
    produceWholeFile(path, "output", async (write) => {
      for (let line = 0; line < 200; line++) await write(`${word}\n`);
    });
  await Promise.all([lines("one"), lines("two")]);
  assert.ok([`${"one\n".repeat(200)}`, `${"two\n".repeat(200)}`].includes(readFileSync(path, "utf8")));
});

test("a device takes what it is given, and a full one is named with its option", async () => {
  await produceWholeFile("/dev/null", "output", (write) => write("text"));
  await assert.rejects(
    produceWholeFile("/dev/full", "output", (write) => write("text")),
    {
      code: "ERR_RUNTIME",
      option: "output",
      message:
        "Expected to write the file to /dev/full for output but received ENOSPC: no space left on device, write",
    },
  );
});

test("behind a symbolic link the file is replaced, and the link stays; a file of a run replaces a link", async () => {
  const folder = temporaryDirectory();
  const [file, link] = [join(folder, "file"), join(folder, "link")];
  writeFileSync(file, "old");
  symlinkSync(file, link);
  await produceWholeFile(link, "output", (write) => write("new"));
  assert.deepEqual([readFileSync(file, "utf8"), readlinkSync(link)], ["new", file]);
  writeWholeFile(link, "own", "outputDir");
  assert.deepEqual([readFileSync(file, "utf8"), readFileSync(link, "utf8")], ["new", "own"]);
});

test("what cannot be opened is the option's fault: a folder, a file in a file, a name that is too long", async () => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "file"), "");
  for (const [path, code] of [
    [folder, "EISDIR"],
    [join(folder, "file/in"), "ENOTDIR"],
    [join(folder, "none/in"), "ENOENT"],
  ] as const)
    await assert.rejects(
      produceWholeFile(path, "output", async () => {}),
      {
        code: "ERR_OPTION",
        message: new RegExp(`^Expected a writable file for output but received "${path}": ${code}: `),
      },
    );
  const long = join(folder, "x".repeat(255)); // as long as a name can be: the file that is written first is no longer
  await produceWholeFile(long, "output", (write) => write("text"));
  await assert.rejects(
    produceWholeFile(`${long}x`, "output", async () => {}),
    /ENAMETOOLONG/,
  );
});

test("a disk that fills leaves the older file, and the error names path and option", async (t) => {
  const disk = join(temporaryDirectory(), "disk");
  await onSmallDisk(t, { disk, size: "64k" }, async () => {
    const path = join(disk, "result.json");
    writeWholeFile(path, "old", "outputDir");
    assert.throws(() => writeWholeFile(path, "x".repeat(100_000), "outputDir"), {
      code: "ERR_RUNTIME",
      message: new RegExp(`^Expected to write the file to ${path} for outputDir but received ENOSPC: `),
    });
    assert.deepEqual([readdirSync(disk), readFileSync(path, "utf8")], [["result.json"], "old"]);
  });
});

test("names of folders are different where the texts are", () => {
  assert.equal(folderName("learningRate-5e-5_epochs-3"), "learningRate-5e-5_epochs-3");
  const texts = ["a b", "a-b", "a/b", "..", ".", ".a", "a", "a".repeat(300), "a".repeat(301)];
  const names = texts.map(folderName);
  assert.equal(new Set(names).size, texts.length);
  assert.ok(
    names.every((name) => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,150}$/.test(name)),
    names.join(" "),
  );
});
