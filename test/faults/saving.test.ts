import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readSettled } from "../../lib/files/settled-directory.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { type DiskFault, FAULT_KINDS, failingDisk, whyNoFailingDisk } from "./failing-disk.js";
import { tries } from "./tries.js";

const CHANGE = join(packageRoot, "dist/test/faults/change-directory.js");

function change(folder: string, version: string, environment: Record<string, string> = {}) {
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, [CHANGE, folder, version], { encoding: "utf8", env });
}

/** Whose files those that belong together are. @throws where they are of two versions */
function versionOf(folder: string): string {
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const version = read("config.json");
  const others = ["model.safetensors", "1_Pooling/config.json", `${version}.txt`].map(read);
  assert.deepEqual(others, [version, version, version]);
  assert.equal(readdirSync(folder).filter((name) => /^(old|new|newer)\.txt$/.test(name)).length, 1);
  return version;
}

const skip = whyNoFailingDisk();

test("a process that is killed, or whose disk fails, at any call leaves the old files or the new", {
  skip,
}, async () => {
  const disk = failingDisk();
  const directory = temporaryDirectory();
  const old = join(directory, "old");
  const folder = join(directory, "folder");
  mkdirSync(old);
  writeFileSync(join(old, "own"), "the user's");
  assert.equal(change(old, "old").status, 0);
  const calls = disk.countCalls(folder, (environment) => {
    cpSync(old, folder, { recursive: true });
    assert.equal(change(folder, "new", environment).status, 0);
  });
  assert.ok(calls > 30, `${calls} calls`);

  const places = Array.from({ length: calls }, (_, index) => index + 1);
  const faults = FAULT_KINDS.flatMap((kind) => places.map((at) => ({ at, kind })));
  for (const fault of fc
    .sample(fc.shuffledSubarray(faults, { minLength: faults.length }), 1)[0]!
    .slice(0, tries(4, 1e6)))
    await assertSurvives(fault);

  async function assertSurvives(fault: DiskFault): Promise<void> {
    const what = JSON.stringify(fault);
    rmSync(folder, { recursive: true, force: true });
    cpSync(old, folder, { recursive: true });
    const { status, signal, stderr } = change(folder, "new", disk.environment(folder, fault));
    if (fault.kind === "kill") assert.equal(signal, "SIGKILL", what);
    else if (status !== 0) assertNamed(stderr, folder);
    const found = await readSettled(folder, async () => versionOf(folder));
    const beside = readFileSync(join(folder, "beside"), "utf8");
    assert.ok(`${found} ${beside}`.match(/^(old old|new old|new new)$/), `${what}: ${found} ${beside}`);
    assert.equal(change(folder, "newer").status, 0, what);
    assert.equal(versionOf(folder), "newer", what);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith(".")),
      [],
      what,
    );
    assert.equal(readFileSync(join(folder, "own"), "utf8"), "the user's");
  }
});

/** One sentence that has the path and the option. */
function assertNamed(stderr: string, folder: string): void {
  const { code, option, message } = JSON.parse(stderr) as Record<string, string>;
  assert.match(code!, /^ERR_(OPTION|RUNTIME)$/);
  assert.equal(option, "outputDir");
  assert.ok(message!.includes(folder) && message!.includes(" for outputDir but received "), message);
  assert.ok(!message!.includes("\n"));
}
