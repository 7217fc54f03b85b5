import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Report } from "../../lib/runtime/doctor.js";
import { fakeLibTorch, temporaryFolder } from "../runtime/fakes.js";
import { libbert } from "./command-line.js";

test("doctor --json prints one line with the machine, LibTorch and a verdict", () => {
  const { status, stdout } = libbert(["doctor", "--json"]);
  assert.equal(status, 0);
  assert.equal(stdout.trimEnd().split("\n").length, 1);
  const report: Report = JSON.parse(stdout);
  assert.equal(report.ok, true);
  assert.equal(report.system.node, process.version);
  assert.equal(report.tried.at(-1)?.libtorch?.folder, report.libtorch?.folder);
  assert.equal(report.verdict, `libbert can run: ${report.variant} loads`);
});

test("doctor ends with exit code 1, the reason and the remedy where libbert cannot run", (t) => {
  const folder = fakeLibTorch(join(temporaryFolder(t), "torch"), "2.9.1+cpu");
  const { status, stdout } = libbert(["doctor"], { env: { LIBTORCH: folder } });
  assert.equal(status, 1);
  assert.match(stdout, /Verdict +libbert cannot run: LIBTORCH names .*2\.9\.1; libbert fits 2\.13 and 2\.11/);
  assert.match(stdout, /To fix it +export LIBTORCH=/);
});

test("setup refuses a LIBTORCH that does not fit instead of passing it over: exit code 1", () => {
  const { status, stderr } = libbert(["setup"], { env: { LIBTORCH: "/nowhere" } });
  assert.equal(status, 1);
  assert.equal(
    stderr.trim(),
    'libbert: Expected a folder of LibTorch 2.13 or 2.11 for LIBTORCH but received "/nowhere": it does not exist',
  );
});

test("setup --cuda refuses a CPU build that was named, and names it", (t) => {
  const folder = fakeLibTorch(join(temporaryFolder(t), "torch"), "2.13.0+cpu");
  const { status, stderr } = libbert(["setup", "--cuda"], { env: { LIBTORCH: folder } });
  assert.equal(status, 1);
  assert.match(stderr, /Expected LibTorch with CUDA for LIBTORCH but received the CPU build in "/);
  assert.equal(libbert(["setup", "--cuda", "--libtorch", folder]).status, 2);
});

test("a bad option or command ends with exit code 2", () => {
  const named = libbert(["setup", "--libtorch", "/nowhere"]);
  assert.equal(named.status, 2);
  assert.match(named.stderr, /for --libtorch but received "\/nowhere": it does not exist/);
  assert.equal(libbert(["doctor", "--jsno"]).status, 2);
  assert.equal(libbert(["docter"]).status, 2);
  assert.equal(libbert(["--help"]).status, 0);
});
