import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { examine, findLibTorch, refusedByName } from "../../lib/runtime/libtorch.js";
import { cacheFolder } from "../../lib/runtime/paths.js";
import { fakeLibTorch, setEnvironment, temporaryFolder } from "./fakes.js";

/** A stand-in for Python whose torch lies in `folder` (none for ""). */
function fakePython(path: string, folder: string): string {
  writeFileSync(path, `#!/bin/sh\necho "${folder}"\n`);
  chmodSync(path, 0o755);
  return path;
}

test("the cache is LIBBERT_CACHE, else libbert under XDG_CACHE_HOME, else ~/.cache/libbert", (t) => {
  setEnvironment(t, { LIBBERT_CACHE: "/a", XDG_CACHE_HOME: "/b", HOME: "/c" });
  assert.equal(cacheFolder(), "/a");
  delete process.env.LIBBERT_CACHE;
  assert.equal(cacheFolder(), "/b/libbert");
  delete process.env.XDG_CACHE_HOME;
  assert.equal(cacheFolder(), "/c/.cache/libbert");
});

test("LibTorch is searched for in the option, LIBTORCH, the cache and Python, in this order", (t) => {
  const root = temporaryFolder(t);
  const option = fakeLibTorch(join(root, "option"), "2.13.0+cpu");
  const variable = fakeLibTorch(join(root, "variable"), "2.13.0+cpu");
  const cached = fakeLibTorch(join(root, "cache/libtorch/torch2.13.0-cpu/torch"), "2.13.0+cpu");
  const packaged = fakeLibTorch(join(root, "site-packages/torch"), "2.13.0+cpu");
  const python = fakePython(join(root, "python"), packaged);
  setEnvironment(t, { LIBBERT_CACHE: join(root, "cache"), LIBTORCH: variable, LIBBERT_PYTHON: python });

  assert.equal(findLibTorch(option).found?.folder, option);
  assert.equal(findLibTorch().found?.folder, variable);
  delete process.env.LIBTORCH;
  assert.equal(findLibTorch().found?.folder, cached);
  rmSync(join(root, "cache"), { recursive: true });
  assert.equal(findLibTorch().found?.folder, packaged);
  fakePython(python, "");
  const { found, tried } = findLibTorch();
  assert.equal(found, undefined);
  assert.deepEqual(
    tried.map(({ source, refused }) => [source, refused]),
    [
      ["cache", "nothing is there"],
      ["Python", "it has no package torch"],
    ],
  );
});

test("a LibTorch that was named and does not fit ends the search", (t) => {
  const root = temporaryFolder(t);
  fakeLibTorch(join(root, "libtorch/torch2.13.0-cpu/torch"), "2.13.0+cpu");
  setEnvironment(t, { LIBBERT_CACHE: root, LIBTORCH: join(root, "nowhere") });
  const search = findLibTorch();
  assert.equal(search.found, undefined);
  assert.deepEqual(refusedByName(search), {
    source: "LIBTORCH",
    path: join(root, "nowhere"),
    refused: "it does not exist",
  });
});

test("in the cache, the folder chosen by name comes first, then the newest version", (t) => {
  const root = temporaryFolder(t);
  const chosen = fakeLibTorch(join(root, "elsewhere/torch"), "2.11.0+cpu");
  fakeLibTorch(join(root, "libtorch/torch2.11.0-cu130/torch"), "2.11.0+cu130", "13.0");
  fakeLibTorch(join(root, "libtorch/torch2.13.0-cpu/torch"), "2.13.0+cpu");
  mkdirSync(join(root, "libtorch/.partial-1")); // an interrupted set-up
  setEnvironment(t, { LIBBERT_CACHE: root, LIBTORCH: undefined });
  assert.equal(findLibTorch().found?.version, "2.13.0");
  symlinkSync(chosen, join(root, "libtorch/chosen"));
  assert.equal(findLibTorch().found?.folder, join(root, "libtorch/chosen"));
  rmSync(chosen, { recursive: true });
  const { found, tried } = findLibTorch();
  assert.equal(found?.version, "2.13.0");
  assert.equal(tried[0]?.refused, "it does not exist");
});

test("version and flavour are read from Python's torch and from a LibTorch zip", (t) => {
  const root = temporaryFolder(t);
  const cpu = fakeLibTorch(join(root, "cpu"), "2.13.0+cpu");
  assert.deepEqual(examine("option", cpu).libtorch, {
    folder: cpu,
    version: "2.13.0",
    minor: "2.13",
    flavour: "cpu",
  });
  const cuda = fakeLibTorch(join(root, "cuda"), "2.11.0", "13.0");
  assert.equal(examine("option", cuda).libtorch?.flavour, "cu130");
  const zip = fakeLibTorch(join(root, "zip/libtorch"), "");
  rmSync(join(zip, "version.py"));
  writeFileSync(join(zip, "build-version"), "2.13.0+cu130\n");
  assert.deepEqual(examine("option", join(root, "zip")).libtorch, {
    folder: zip,
    version: "2.13.0",
    minor: "2.13",
    flavour: "cu130",
  });
});

test("a folder that does not fit is refused with the reason", (t) => {
  const folder = fakeLibTorch(join(temporaryFolder(t), "torch"), "2.9.1+cpu");
  const refused = () => examine("option", folder).refused;
  assert.equal(refused(), "it is LibTorch 2.9.1; libbert fits 2.13 and 2.11");
  writeFileSync(join(folder, "version.py"), "nothing\n");
  assert.equal(refused(), "its version cannot be read (from version.py or build-version)");
  rmSync(join(folder, "include"), { recursive: true });
  assert.equal(refused(), "it has no include/");
  rmSync(join(folder, "lib"), { recursive: true });
  assert.equal(refused(), "it has no lib/libtorch_cpu.so");
});
