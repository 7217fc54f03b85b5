import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { systemErrorText } from "../../lib/cli/system-error.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { libbert } from "./command-line.js";

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

test("what the system refuses is told in a sentence, with the file where there is one", () => {
  const folder = temporaryDirectory();
  const long = join(folder, "x".repeat(300));
  const cases: [() => unknown, string][] = [
    [
      () => readFileSync(join(folder, "none")),
      `${join(folder, "none")}: no such file or directory (ENOENT of open)`,
    ],
    [() => readFileSync(folder), "illegal operation on a directory (EISDIR of read)"],
    [() => mkdirSync(folder), `${folder}: file already exists (EEXIST of mkdir)`],
    [() => writeFileSync(long, ""), `${long}: name too long (ENAMETOOLONG of open)`],
    [() => writeFileSync("/dev/full", "text"), "no space left on device (ENOSPC of write)"],
    [() => readFileSync("a\0b"), "Expected a path without null bytes"],
  ];
  const refused = Object.assign(new Error("connect ECONNREFUSED ::1:9"), { syscall: "connect" });
  assert.equal(systemErrorText(refused), refused.message);
  for (const [act, text] of cases) assert.equal(systemErrorText(thrown(act)), text);
});

test("an error that is none of the system is left to be shown with where it arose", () => {
  for (const error of [
    new TypeError("x is not a function"),
    new Error("E: nothing, at all"),
    "ENOENT: no, open",
  ])
    assert.equal(systemErrorText(error), undefined);
});

test("a path that no system has is refused in one sentence", () => {
  const name = "x".repeat(300);
  const { status, stderr } = libbert(["evaluate", "--model", name, "--data", "examples/quickstart/test.tsv"]);
  assert.notEqual(status, 0);
  assert.match(stderr, /^libbert: [^\n]*x{20}[^\n]*\n$/);
});
