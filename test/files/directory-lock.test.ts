import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import workerThreads, { Worker } from "node:worker_threads";
import { lockDirectory as lock } from "../../lib/files/directory-lock.js";
import type { LockOwner, LockPurpose } from "../../lib/files/lock-owner.js";
import { openOutputDirectory } from "../../lib/files/output-directory.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const MODULE = pathToFileURL(join(packageRoot, "dist/lib/files/directory-lock.js")).href;
const LOCK_IT = `import { lockDirectory } from ${JSON.stringify(MODULE)};
  globalThis.lock = await lockDirectory(process.argv[1], { option: "outputDir", purpose: "run" });`;
const NODE = [process.execPath, ["--input-type=module", "--eval"]] as const;

const lockDirectory = (folder: string, leaseMs?: number, purpose: LockPurpose = "run") =>
  lock(folder, { option: "outputDir", purpose, leaseMs });

/** A process that holds the lock of a folder until it is killed. */
async function holder(folder: string): Promise<ChildProcess> {
  const script = `${LOCK_IT} console.log("locked"); setInterval(() => {}, 1000);`;
  const child = spawn(NODE[0], [...NODE[1], script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

/** Writes a lock as a process of another kind would have left it. */
async function leaveLock(folder: string, other: Partial<LockOwner>, idleMs = 0): Promise<void> {
  const held = await lockDirectory(folder);
  const owner = {
    ...JSON.parse(readFileSync(join(held.folder, "owner.json"), "utf8")),
    token: "other",
    ...other,
  };
  held[Symbol.dispose]();
  mkdirSync(join(folder, ".lock/other"), { recursive: true });
  writeFileSync(join(folder, ".lock/other/owner.json"), JSON.stringify(owner));
  writeFileSync(join(folder, ".lock/other/renewed"), "");
  const then = (Date.now() - idleMs) / 1000;
  utimesSync(join(folder, ".lock/other/renewed"), then, then);
}

test("a directory is locked once, in this process and for others, until it is released", async () => {
  const folder = temporaryDirectory();
  const held = await lockDirectory(folder);
  const message = new RegExp(
    `for outputDir but received ".*", which process ${process.pid} on .* is working in`,
  );
  await assert.rejects(lockDirectory(folder), { code: "ERR_OPTION", option: "outputDir", message });
  const other = spawnSync(NODE[0], [...NODE[1], LOCK_IT, folder], { encoding: "utf8" });
  assert.match(other.stderr, message);
  held[Symbol.dispose]();
  assert.deepEqual(readdirSync(folder), []);
  (await lockDirectory(folder))[Symbol.dispose]();
});

test("a lock of a process that was killed does not count, and who takes it over is told", async () => {
  const folder = temporaryDirectory();
  const child = await holder(folder);
  await assert.rejects(lockDirectory(folder), { code: "ERR_OPTION" });
  child.kill("SIGKILL");
  await once(child, "exit");
  using held = await lockDirectory(folder);
  assert.equal(held.takenOver, `process ${child.pid} on ${hostname()}`);
});

test("a process that is stopped keeps its lock on this machine, whatever the lease", async () => {
  const folder = temporaryDirectory();
  const child = await holder(folder);
  child.kill("SIGSTOP");
  await sleep(20);
  await assert.rejects(lockDirectory(folder, 10), { code: "ERR_OPTION" });
  child.kill("SIGKILL");
});

test("the number of a process alone proves nothing, and a lock that a crash cut short is one that nobody renews", async () => {
  const folder = temporaryDirectory();
  await leaveLock(folder, { started: "1" });
  (await lockDirectory(folder))[Symbol.dispose]();
  await leaveLock(folder, { pid: 2 ** 30 });
  (await lockDirectory(folder))[Symbol.dispose]();
  await leaveLock(folder, {}, 0);
  writeFileSync(join(folder, ".lock/other/owner.json"), '{"token": "ot');
  await sleep(50);
  (await lockDirectory(folder, 40))[Symbol.dispose]();
  assert.deepEqual(readdirSync(folder), []);
});

test("a lock whose files are not what they should be counts for its lease alone", async () => {
  const folder = temporaryDirectory();
  for (const spoil of [
    (lock: string) => rmSync(join(lock, "other/renewed")),
    (lock: string) => rmSync(join(lock, "other/owner.json")),
    (lock: string) => writeFileSync(join(lock, "other/owner.json"), "null"),
    (lock: string) => {
      rmSync(join(lock, "other"), { recursive: true });
      writeFileSync(join(lock, "a file"), "");
    },
  ]) {
    await leaveLock(folder, { machine: "another kernel" }, 0);
    spoil(join(folder, ".lock"));
    await sleep(50);
    (await lockDirectory(folder, 40))[Symbol.dispose]();
    assert.deepEqual(readdirSync(folder), []);
  }
});

test("a lock of another machine or container counts until its lease is over, which is waited for", async () => {
  const folder = temporaryDirectory();
  const elsewhere = { host: "elsewhere", machine: "another kernel" };
  await leaveLock(folder, elsewhere, 60_000);
  using first = await lockDirectory(folder);
  assert.match(first.takenOver!, /^process \d+ on elsewhere$/);
  first[Symbol.dispose]();

  await leaveLock(folder, elsewhere, 0);
  const started = performance.now();
  using second = await lockDirectory(folder, 300);
  assert.ok(performance.now() - started >= 250);
  assert.ok(second.takenOver);
});

test("a lock of another machine that is renewed while it is waited for is held", async () => {
  const folder = temporaryDirectory();
  await leaveLock(folder, { host: "elsewhere", machine: "another kernel" }, 0);
  const renewal = setInterval(() => writeFileSync(join(folder, ".lock/other/renewed"), "again"), 50);
  const refused = lockDirectory(folder, 5000);
  await assert.rejects(
    refused,
    /process \d+ on elsewhere is working in \(if that is not so, delete .*\.lock\)/,
  );
  clearInterval(renewal);
});

test("a wait for another machine's lease ends with the signal's reason", async () => {
  const folder = temporaryDirectory();
  await leaveLock(folder, { machine: "another kernel" }, 0);
  const reason = new Error("enough");
  const controller = new AbortController();
  const waiting = lock(folder, { option: "outputDir", purpose: "run", signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(waiting, reason);
});

test("a lock in a copy of a directory in use does not count for longer than its lease", async () => {
  const folder = join(temporaryDirectory(), "run");
  const copy = `${folder}-copy`;
  mkdirSync(folder);
  using _held = await lockDirectory(folder);
  cpSync(folder, copy, { recursive: true });
  await assert.rejects(lockDirectory(folder), { code: "ERR_OPTION" });
  (await lockDirectory(copy, 100))[Symbol.dispose]();
});

test("a save is waited for, a run is not", async () => {
  const folder = temporaryDirectory();
  const saving = await lockDirectory(folder, undefined, "save");
  const waiting = lockDirectory(folder);
  await sleep(30);
  saving[Symbol.dispose]();
  using _run = await waiting;
  await assert.rejects(lockDirectory(folder, undefined, "save"), { code: "ERR_OPTION" });
});

test("a lock is renewed while its process computes without a pause", { timeout: 20_000 }, async () => {
  const folder = temporaryDirectory();
  using held = await lockDirectory(folder);
  const renewedAt = () => statSync(join(held.folder, "renewed")).mtimeMs;
  const before = renewedAt();
  await sleep(300); // the thread that renews has started
  const end = Date.now() + 8000;
  const idle = new Int32Array(new SharedArrayBuffer(4));
  while (Date.now() < end && renewedAt() === before) Atomics.wait(idle, 0, 0, 100); // blocks this thread
  assert.notEqual(renewedAt(), before);
});

/** A lock, and the thread that renews it. */
async function lockAndThread() {
  const started: Worker[] = [];
  class Watched extends Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      started.push(this);
    }
  }
  const setWorker = (type: typeof Worker) => {
    workerThreads.Worker = type;
    syncBuiltinESMExports();
  };
  setWorker(Watched);
  const held = await lockDirectory(temporaryDirectory());
  setWorker(Worker);
  return { held, thread: started[0]! };
}

test("the thread that renews is not terminated, which may leave its module open: it ends itself", async () => {
  const { held, thread } = await lockAndThread();
  held[Symbol.dispose]();
  const [code] = await once(thread, "exit");
  assert.equal(code, 0); // of one that is terminated it is 1
});

test("a lock goes on to be renewed when the thread that does it has died", { timeout: 20_000 }, async () => {
  const { held, thread } = await lockAndThread();
  await thread.terminate();
  const renewed = join(held.folder, "renewed");
  const before = statSync(renewed).mtimeMs;
  while (statSync(renewed).mtimeMs === before) await sleep(50);
  held[Symbol.dispose]();
});

test("a lock of a thread of this process that was terminated is taken over at once", async () => {
  const folder = temporaryDirectory();
  const script = `import("${MODULE}").then(async ({ lockDirectory }) => {
    await lockDirectory(${JSON.stringify(folder)}, { option: "outputDir", purpose: "run" });
    require("node:worker_threads").parentPort.postMessage("locked");
    setInterval(() => {}, 1000);
  });`;
  const worker = new Worker(script, { eval: true });
  await once(worker, "message");
  await assert.rejects(lockDirectory(folder), { code: "ERR_OPTION" });
  await worker.terminate();
  (await lockDirectory(folder))[Symbol.dispose]();
});

test("who has lost the lock without knowing can write nothing more, and says why", async () => {
  const folder = temporaryDirectory();
  const write = (staging: string) => {
    for (const name of ["a", "b"]) writeFileSync(join(staging, name), "late");
  };
  using output = await openOutputDirectory(folder, { overwrite: false });
  const [token] = readdirSync(join(folder, ".lock"));
  let other: Disposable | undefined;
  // The lock goes while the files are being written, as when the process is stopped just then.
  const late = output.change("files", {
    async write(staging) {
      write(staging);
      const path = join(folder, `.lock/${token}/owner.json`);
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), started: "1" }));
      other = await lockDirectory(folder);
    },
  });
  await assert.rejects(late, {
    code: "ERR_RUNTIME",
    message: /^Expected to write to the directory of this run for outputDir but .* another process took over/,
  });
  assert.deepEqual(readdirSync(folder), [".lock"]);
  assert.throws(() => output.check(), { code: "ERR_RUNTIME" });
  output[Symbol.dispose](); // leaves the other's lock alone
  await assert.rejects(lockDirectory(folder), { code: "ERR_OPTION" });
  other![Symbol.dispose]();
  rmSync(folder, { recursive: true });
  assert.throws(() => output.check(), /which was removed$/);
});

test("what killed processes and earlier versions left of locks is in nobody's way", async () => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, ".lock"), JSON.stringify({ host: "elsewhere", pid: 1 })); // a lock was a file once
  mkdirSync(join(folder, ".lock-draft/other"), { recursive: true });
  using output = await openOutputDirectory(folder, { overwrite: false });
  output[Symbol.dispose]();
  mkdirSync(join(folder, ".lock")); // between two steps of taking one over
  (await openOutputDirectory(folder, { overwrite: false }))[Symbol.dispose]();
  assert.deepEqual(readdirSync(folder), []);
});

test("a directory that was made for a run that wrote nothing goes, and those above it that were made", async () => {
  const folder = temporaryDirectory();
  (await openOutputDirectory(join(folder, "a/b"), { overwrite: false }))[Symbol.dispose]();
  assert.deepEqual(readdirSync(folder), []);
  using output = await openOutputDirectory(join(folder, "a/b"), { overwrite: false });
  writeFileSync(join(folder, "a/own"), "");
  output[Symbol.dispose]();
  assert.deepEqual(readdirSync(folder, { recursive: true }), ["a", "a/own"]);
  await assert.rejects(
    openOutputDirectory(join(folder, "a"), { overwrite: false }),
    /which holds files \(own\)/,
  );
  assert.deepEqual(readdirSync(join(folder, "a")), ["own"]);
});
