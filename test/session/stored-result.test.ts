import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { storedResult, storeResult } from "../../lib/session/stored-result.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const stored = { result: { score: 0.5 }, computedOn: { device: "cpu", threads: 1 } };

test("a result is found again with the options that it was stored with", () => {
  const folder = join(temporaryDirectory(), "trials/one");
  assert.equal(storedResult(folder, { epochs: 1 }, "grid"), null);
  storeResult(folder, { epochs: 1 }, stored);
  assert.deepEqual(storedResult(folder, { epochs: 1 }, "grid"), stored);
  assert.throws(() => storedResult(folder, { epochs: 2 }, "grid"), {
    code: "ERR_OPTION",
    message: `Expected the options that ${folder} was trained with but received others for epochs; another outputDir begins anew`,
  });
});

test("a bit that flips in a result is named", () => {
  const folder = temporaryDirectory();
  const path = join(folder, "result.json");
  storeResult(folder, { epochs: 1 }, stored);
  const whole = readFileSync(path);
  for (let bit = 0; bit < 8 * whole.length; bit++) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    writeFileSync(path, flipped);
    assert.throws(() => storedResult(folder, { epochs: 1 }, "grid"), { code: "ERR_DATA" }, `bit ${bit}`);
  }
});

test("a damaged result is named, with what to do", () => {
  const folder = temporaryDirectory();
  const path = join(folder, "result.json");
  storeResult(folder, {}, stored);
  const whole = readFileSync(path, "utf8");
  for (const text of [
    "",
    whole.slice(0, -4),
    "null",
    "[]",
    '{"options": 1, "result": {}}',
    '{"options": {}}',
  ]) {
    writeFileSync(path, text);
    assert.throws(() => storedResult(folder, {}, "grid"), {
      code: "ERR_DATA",
      message: new RegExp(
        `^${path}: Expected the options and the result of a run \\(delete the file, and the run is made again\\)`,
      ),
    });
  }
});
