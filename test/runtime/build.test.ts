import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { requireBuildTools, shareDone, wasConfiguredElsewhere } from "../../lib/runtime/build.js";
import { BINARIES, isOutOfDate, variantName } from "../../lib/runtime/variant.js";
import { setEnvironment, temporaryFolder } from "./fakes.js";

test("the share that is done is read from ninja's and from make's output", () => {
  assert.equal(shareDone("[3/12] Building\n[6/12] Building\n"), 0.5);
  assert.equal(shareDone("[ 25%] Building\n"), 0.25);
  assert.equal(shareDone("-- Configuring done\nerror: a[3/4]\n"), undefined);
});

test("without build tools, the packages that bring them are named", (t) => {
  setEnvironment(t, { PATH: temporaryFolder(t) });
  assert.throws(requireBuildTools, { code: "ERR_RUNTIME", message: /apt-get install cmake g\+\+ make$/ });
});

test("a variant is named by LibTorch's minor version and flavour", () => {
  const libtorch = { folder: "/torch", version: "2.11.0", minor: "2.11", flavour: "cu130" };
  assert.equal(variantName(libtorch), "torch2.11-cu130");
});

test("binaries are out of date when one of them is older than a source file", (t) => {
  const folder = temporaryFolder(t);
  for (const file of BINARIES) writeFileSync(join(folder, file), "");
  assert.equal(isOutOfDate(folder), false);
  utimesSync(join(folder, "libbert.node"), 0, 0);
  assert.equal(isOutOfDate(folder), true);
});

test("binaries are out of date when one of them is missing", (t) => {
  const folder = temporaryFolder(t);
  for (const file of BINARIES.slice(1)) writeFileSync(join(folder, file), "");
  assert.equal(isOutOfDate(folder), true);
});

test("a build folder that was configured for sources in another place is recognised", (t) => {
  const root = temporaryFolder(t);
  const [here, there] = [join(root, "here"), join(root, "there")];
  assert.equal(wasConfiguredElsewhere(join(here, "build"), here), false);
  mkdirSync(here);
  writeFileSync(join(here, "CMakeLists.txt"), "cmake_minimum_required(VERSION 3.18)\nproject(none NONE)\n");
  const configure = (folder: string) =>
    spawnSync("cmake", ["-S", folder, "-B", join(folder, "build")]).status;
  assert.equal(configure(here), 0);
  assert.equal(wasConfiguredElsewhere(join(here, "build"), `${here}/`), false);
  renameSync(here, there);
  assert.notEqual(configure(there), 0);
  assert.equal(wasConfiguredElsewhere(join(there, "build"), `${there}/`), true);
});
