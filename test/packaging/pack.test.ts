import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import nodeGypBuild from "node-gyp-build";
import { diagnose } from "../../lib/runtime/diagnose.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { tryLoading } from "../../lib/runtime/trial.js";
import { BINARIES, CUDA_BINARY, PLATFORM } from "../../lib/runtime/variant.js";
import { type Manifest, packVariant, requireCuda } from "../../packaging/pack.js";
import { table } from "../../packaging/table.js";
import { copyBinaries, packBuilt } from "../../packaging/tarball.js";
import { fakeLibTorch, setEnvironment, temporaryFolder } from "../runtime/fakes.js";
import { sharedLibrary } from "./shared-library.js";

const { search, binaries } = diagnose();
const libtorch = search.found!;

/** A copy of this machine's build that a test may change, in a package that is laid out like ours. */
function folders(t: TestContext): { variant: string; built: string; published: string } {
  const variant = join(temporaryFolder(t), "package/variants/torch9.9-cpu");
  copyBinaries(binaries!, variant);
  return { variant, built: join(variant, "build/Release"), published: join(variant, "prebuilds", PLATFORM) };
}

test("this machine's native libraries can be published: no fault, a manifest beside them, and they load", async (t) => {
  const { variant, built, published } = folders(t);
  const files = readdirSync(built);
  const manifest = await packBuilt(libtorch, variant);
  assert.deepEqual(readdirSync(published).sort(), [...files, "manifest.json"].sort());
  const written: Manifest = JSON.parse(readFileSync(join(published, "manifest.json"), "utf8"));
  assert.deepEqual(written, JSON.parse(JSON.stringify(manifest)));
  assert.equal(written.libtorch, libtorch.version);
  assert.deepEqual(written.binaries.map(({ file }) => file).sort(), files.sort());
  assert.match(written.highest.GLIBC!, /^2\.\d+$/);
  assert.match(
    table([manifest]),
    /\| libbert_addon\.so \| \d+ \| 2\.[\d.]+ \| 3\.4[\d.]* \| 1\.3[\d.]* \| .*libc10\.so/,
  );
  setEnvironment(t, { LIBBERT_CACHE: temporaryFolder(t) });
  assert.equal(tryLoading(libtorch.folder, published), undefined);
});

test("node-gyp-build finds what was built first, then what prebuildify made of it", async (t) => {
  const { variant, built, published } = folders(t);
  assert.equal(nodeGypBuild.path(variant), join(built, "libbert.node"));
  await packBuilt(libtorch, variant);
  assert.equal(nodeGypBuild.path(variant), join(published, "libbert.node"));
});

test("every library that a build made is packed, libbert_cuda.so too", async (t) => {
  const { variant, built, published } = folders(t);
  copyFileSync(join(built, "libbert_ops.so"), join(built, "libbert_cuda.so"));
  writeFileSync(join(built, "build.log"), "");
  await packBuilt(libtorch, variant);
  assert.deepEqual(readdirSync(published).sort(), [...BINARIES, "libbert_cuda.so", "manifest.json"].sort());
});

test("a library with a fault is not left where it would be published", async (t) => {
  const { variant, built, published } = folders(t);
  sharedLibrary(
    built,
    "libbert_addon.so",
    `const char* source(void) { return "${packageRoot}native/addon/addon.cc"; }`,
  );
  await assert.rejects(
    packBuilt(libtorch, variant),
    /torch[\d.]+-\w+ cannot be published:\n {2}libbert_addon\.so names/,
  );
  assert.equal(existsSync(published), false);
});

test("a build that lacks a library is refused", async (t) => {
  const { variant, built, published } = folders(t);
  rmSync(join(built, "libbert_ops.so"));
  await assert.rejects(packBuilt(libtorch, variant), /cannot be published:\n {2}libbert_ops\.so is missing$/);
  assert.equal(existsSync(published), false);
});

test("a build that fails is no variant", async (t) => {
  const { variant } = folders(t);
  await assert.rejects(packVariant(libtorch, variant, "false"), { message: "node-gyp exited with 1" });
});

test("prebuild refuses a build for CUDA without the GPU's library", (t) => {
  const { built } = folders(t);
  requireCuda({ ...libtorch, flavour: "cpu" }, built);
  const forCuda = { ...libtorch, flavour: "cu130" };
  assert.throws(() => requireCuda(forCuda, built, true), {
    message: `Expected ${CUDA_BINARY} in ${built}; ${join(built, "../build.log")} may say why there is none`,
  });
  requireCuda(forCuda, built, false); // as on 64-bit ARM
  writeFileSync(join(built, CUDA_BINARY), "");
  requireCuda(forCuda, built, true);
});

/** `npm run prebuild` without compiling first. */
function prebuild(...args: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [join(packageRoot, "dist/packaging/prebuild.js"), ...args], {
    encoding: "utf8",
  });
}

test("prebuild refuses unknown variants, and folders that are not LibTorch of a variant asked for", (t) => {
  const unknown = prebuild("torch2.13-cu999");
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /^Expected torch2\.13-cpu, .* for VARIANT but received "torch2\.13-cu999"$/m);
  const rubbish = prebuild("--libtorch", "/nowhere");
  assert.match(rubbish.stderr, /^Expected a folder of LibTorch .* received "\/nowhere": it does not exist$/m);
  const other = fakeLibTorch(join(temporaryFolder(t), "torch"), "2.11.0", "13.0");
  const idle = prebuild("torch2.13-cpu", "--libtorch", other);
  assert.match(
    idle.stderr,
    /^Expected LibTorch of torch2\.13-cpu for --libtorch but received torch2\.11-cu130$/m,
  );
});
