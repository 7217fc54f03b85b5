import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { LOCK_FILE, lockDirectory } from "../../lib/files/directory-lock.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { temporaryFolder } from "../runtime/fakes.js";

const MODULE = pathToFileURL(join(packageRoot, "dist/lib/files/directory-lock.js")).href;
const TAKE_IT = `import { lockDirectory } from ${JSON.stringify(MODULE)}; lockDirectory(process.argv[1]);`;

test("a directory is locked once, in this process and for others, until it is released", (t) => {
  const folder = temporaryFolder(t);
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

test("a lock of a process that was killed does not count", async (t) => {
  const folder = temporaryFolder(t);
  const script = `${TAKE_IT} console.log("locked"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script, folder]);
  await once(child.stdout, "data");
  assert.throws(() => lockDirectory(folder), { code: "ERR_OPTION" });
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.ok(existsSync(join(folder, LOCK_FILE)));
  lockDirectory(folder)[Symbol.dispose]();
});

test("the number of the process alone proves nothing, and a machine that cannot be asked is believed", (t) => {
  const folder = temporaryFolder(t);
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
