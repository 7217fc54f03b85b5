import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { temporaryFolder } from "../runtime/fakes.js";

test("the check on an emulated ARM processor names the Debian packages that are missing, and does nothing", (t) => {
  const { status, stderr } = spawnSync(process.execPath, ["dist/packaging/arm64/check.js"], {
    encoding: "utf8",
    env: { PATH: temporaryFolder(t) },
  });
  assert.equal(status, 1);
  assert.match(stderr, /apt-get install g\+\+-aarch64-linux-gnu qemu-user cmake make$/m);
});
