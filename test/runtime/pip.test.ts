import "../support/own-process.js";

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { installFirst } from "../../lib/runtime/pip.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const folder = temporaryDirectory();

/** In the place of Python: notes what it was to install, and fails with some words, except of `good`. */
function fakePython(words: string): { asked(): string[]; site: string } {
  const calls = join(folder, `calls-${words.length}`);
  const python = join(folder, `python-${words.length}`);
  const script = `#!/bin/sh\nfor last; do :; done\necho "$last" >> "${calls}"\n[ "$last" = good ] && exit 0\necho "ERROR: ${words}" >&2\nexit 1\n`;
  writeFileSync(python, script, { mode: 0o755 });
  process.env.LIBBERT_PYTHON = python;
  const site = join(folder, `cache-${words.length}`, "site");
  mkdirSync(site, { recursive: true });
  return { asked: () => readFileSync(calls, "utf8").trim().split("\n"), site };
}

test("where no index has a package, the next is tried", async () => {
  const { asked, site } = fakePython("No matching distribution found for first");
  await installFirst(["first", "good"], site);
  assert.deepEqual(asked(), ["first", "good"]);
});

test("so it is where pip is given constraints, and says it in other words", async () => {
  const { asked, site } = fakePython("ResolutionImpossible: for help visit pip's documentation");
  await installFirst(["first", "good"], site);
  assert.deepEqual(asked(), ["first", "good"]);
});

test("another failure of pip is told at once, and nothing is left of the try", async () => {
  const { asked, site } = fakePython("Could not install packages: No space left on device");
  await assert.rejects(
    () => installFirst(["first", "good"], site),
    /could not install first:\n.*No space left/,
  );
  assert.deepEqual(asked(), ["first"]);
  assert.equal(existsSync(site), false);
});
