import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rowFingerprint } from "../../lib/session/fingerprints.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("rows of several files are told from others by what is in the files, and their order, not by where they lie", async () => {
  const fileOf = (text: string) => {
    const path = join(temporaryDirectory(), "rows.csv");
    writeFileSync(path, text);
    return path;
  };
  const [first, same, other] = [fileOf("text\na\n"), fileOf("text\na\n"), fileOf("text\nb\n")];
  assert.equal(await rowFingerprint(first), await rowFingerprint([same]));
  assert.equal(await rowFingerprint([first, other]), await rowFingerprint([same, other]));
  assert.notEqual(await rowFingerprint([first, other]), await rowFingerprint([other, first]));
  assert.notEqual(await rowFingerprint([first, other]), await rowFingerprint([first, same]));
  assert.equal(await rowFingerprint("gone.csv"), "gone.csv");
});
