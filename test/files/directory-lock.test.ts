import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs, { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { LOCK_FILE, lockDirectory } from "../../lib/files/directory-lock.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const MODULE = pathToFileURL(join(packageRoot, "dist/lib/files/directory-lock.js")).href;
const TAKE_IT = `import { lockDirectory } from ${JSON.stringify(MODULE)}; lockDirectory(process.argv[1]);`;

test("a directory is locked once, in this process and for others, until it is released", () => {
  const folder = temporaryDirectory();
  const lock = lockDirectory(folder, "outputDir");
  const message = new RegExp(
    `for outputDir but received ".*", which process ${process.pid} on .* is working in`,
  );
  assert.throws(() => lockDirectory(folder), { code: "ERR_OPTION", message });
  const other = spawnSync(process.execPath, ["--input-type=module", "--eval", TAKE_IT, folder], {
    encoding: "utf8",
  });
  assert.match(other.stderr, message);
  lock[Symbol.dispose]();
  assert.equal(existsSync(join(folder, LOCK_FILE)), false);
  lockDirectory(folder)[Symbol.dispose]();
});

test("a lock of a process that was killed does not count", async () => {
  const folder = temporaryDirectory();
  const script = `${TAKE_IT} console.log("locked"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script, folder]);
  await once(child.stdout, "data");
  assert.throws(() => lockDirectory(folder), { code: "ERR_OPTION" });
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.ok(existsSync(join(folder, LOCK_FILE)));
  lockDirectory(folder)[Symbol.dispose]();
});

test("of two processes that find the same stale lock at once, one gets it", (t) => {
  const folder = temporaryDirectory();
  const path = join(folder, LOCK_FILE);
  lockDirectory(folder);
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), started: "1" }));
  const { rmSync } = fs;
  let other: Disposable | Error | undefined;
  // The second one comes just when the first has seen that the lock is stale.
  const mock = t.mock.method(fs, "rmSync", (...given: Parameters<typeof rmSync>) => {
    if (given[0] === path && other === undefined) {
      other = new Error("under way");
      try {
        other = lockDirectory(folder);
      } catch (error) {
        other = error as Error;
      }
    }
    rmSync(...given);
  });
  syncBuiltinESMExports();
  t.after(() => {
    mock.mock.restore();
    syncBuiltinESMExports();
  });
  let own: Disposable | undefined;
  try {
    own = lockDirectory(folder);
  } catch {}
  assert.notEqual(other, undefined, "they meet");
  assert.deepEqual([own !== undefined, other instanceof Error], [true, true]);
  assert.deepEqual(readdirSync(folder), [LOCK_FILE]);
});

test("the number of the process alone proves nothing, and a machine that cannot be asked is believed", () => {
  const folder = temporaryDirectory();
  const path = join(folder, LOCK_FILE);
  const lock = lockDirectory(folder);
  const owner = JSON.parse(readFileSync(path, "utf8"));
  lock[Symbol.dispose]();
  assert.equal(owner.host, hostname());
  for (const stale of [{ ...owner, started: "1" }, { ...owner, boot: "before" }, "cut sho"]) {
    writeFileSync(path, typeof stale === "string" ? stale : JSON.stringify(stale));
    lockDirectory(folder)[Symbol.dispose]();
  }
  writeFileSync(path, JSON.stringify({ ...owner, host: "elsewhere" }));
  assert.throws(() => lockDirectory(folder), /process \d+ on elsewhere .*if that is not so, delete .*\.lock/);
});
