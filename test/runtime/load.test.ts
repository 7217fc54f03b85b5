import assert from "node:assert/strict";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { diagnose } from "../../lib/runtime/diagnose.js";
import { loadNative } from "../../lib/runtime/load.js";
import { tryLoading } from "../../lib/runtime/trial.js";
import { fakeLibTorch, setEnvironment, temporaryFolder } from "./fakes.js";

const WORKER = fileURLToPath(new URL("./load-in-worker.js", import.meta.url));

test("the addon loads in the main thread and in two workers at once", async () => {
  const workers = [new Worker(WORKER), new Worker(WORKER)];
  const { torchVersion } = loadNative();
  assert.match(torchVersion, /^2\.\d+\.\d+$/);
  const answers = await Promise.all(workers.map((worker) => once(worker, "message")));
  assert.deepEqual(answers, [[torchVersion], [torchVersion]]);
  assert.equal(loadNative(), loadNative());
});

test("without native libraries for a LibTorch, the error lists what was found and how to fix it", (t) => {
  const folder = fakeLibTorch(join(temporaryFolder(t), "torch"), "2.13.0+cu999", "99.9");
  setEnvironment(t, { LIBTORCH: folder });
  const { problem, remedies, search } = diagnose();
  assert.match(problem!, /^there are no native libraries for torch2\.13-cu999 yet(, only for [\w., -]+)?$/);
  assert.equal(remedies.at(-1), "npx libbert setup");
  assert.equal(search.found?.folder, folder);
});

test("without any LibTorch, loading fails with one error that names every place and the commands", async (t) => {
  const cache = temporaryFolder(t);
  const env = { ...process.env, LIBTORCH: "", LIBBERT_CACHE: cache, LIBBERT_PYTHON: "/nowhere/python" };
  const [error] = await once(new Worker(WORKER, { env }), "message");
  assert.match(error, /^ERR_RUNTIME libbert cannot run: no LibTorch was found\n/);
  assert.ok(error.includes(`cache ${join(cache, "libtorch")}: nothing is there`), error);
  assert.match(error, /Python \/nowhere\/python: it cannot be started/);
  assert.match(error, /\n {2}npx libbert setup$/);
  assert.doesNotMatch(error, /apt-get/); // LibTorch is fetched without Python, and the binaries are there
});

/** A copy of this machine's native libraries, so that a test can damage it. */
function copyOfBinaries(t: TestContext): { libtorch: string; binaries: string; cache: string } {
  const { search, binaries } = diagnose();
  const root = temporaryFolder(t);
  const copy = {
    libtorch: join(root, "torch"),
    binaries: join(root, "binaries"),
    cache: join(root, "cache"),
  };
  symlinkSync(search.found!.folder, copy.libtorch);
  cpSync(binaries!, copy.binaries, { recursive: true });
  setEnvironment(t, { LIBBERT_CACHE: copy.cache });
  return copy;
}

test("a damaged addon is caught in a child process although an intact one loaded before", (t) => {
  const { libtorch, binaries, cache } = copyOfBinaries(t);
  assert.equal(tryLoading(libtorch, binaries), undefined);
  assert.equal(readdirSync(join(cache, "loads")).length, 1);
  const addon = join(binaries, "libbert_addon.so");
  writeFileSync(addon, readFileSync(addon).subarray(0, 1000)); // the dynamic linker dies of SIGBUS on this
  assert.match(tryLoading(libtorch, binaries) ?? "", /SIG|file too short/);
  assert.equal(readdirSync(join(cache, "loads")).length, 1);
});

test("a load that succeeded is not tried again while the files' sizes and times stay", (t) => {
  const { libtorch, binaries } = copyOfBinaries(t);
  const addon = join(binaries, "libbert_addon.so");
  utimesSync(addon, 1, 1);
  assert.equal(tryLoading(libtorch, binaries), undefined);
  writeFileSync(addon, Buffer.alloc(statSync(addon).size));
  assert.match(tryLoading(libtorch, binaries) ?? "", /invalid ELF header/);
  utimesSync(addon, 1, 1);
  assert.equal(tryLoading(libtorch, binaries), undefined);
});

test("a LibTorch without its libraries is refused with the linker's own words", (t) => {
  const { binaries } = copyOfBinaries(t);
  const empty = temporaryFolder(t);
  mkdirSync(join(empty, "lib"));
  assert.match(tryLoading(empty, binaries) ?? "", /libc10\.so: cannot open shared object file/);
});
