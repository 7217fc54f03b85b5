import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "./temporary-directory.js";

const FILES = {
  "missing.test.mjs": 'import "./none.mjs";',
  "throwing.test.mjs":
    'import { test } from "node:test"; test("is cancelled", () => {}); throw new Error("at once");',
  "waiting.test.mjs": `import { after, before, test } from "node:test";
    await new Promise((done) => setTimeout(done, 10));
    before(() => console.log("before waiting"));
    after(() => console.log("after waiting"));
    test("passes", () => console.log("in waiting"));`,
  "failing.test.mjs": `import { before, test } from "node:test";
    console.log("import of failing");
    before(() => console.log("before failing"));
    test("fails", () => { throw new Error("as it should"); });`,
};

test("files run together one after the other, each with its own hooks, whichever of them fail; failures name file and line", () => {
  const folder = temporaryDirectory();
  for (const [name, source] of Object.entries(FILES)) writeFileSync(join(folder, name), source);
  const module = JSON.stringify(new URL("run-together.js", import.meta.url).href);
  const paths = JSON.stringify(Object.keys(FILES).map((name) => join(folder, name)));
  const group = join(folder, "group.test.mjs");
  writeFileSync(group, `import { runTogether } from ${module}; await runTogether(${paths});`);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // or it would report to this test's runner
  const { status, stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", group], {
    encoding: "utf8",
    env,
  });
  assert.equal(status, 1, stdout);
  const said = stdout.split("\n").filter((line) => /^(import|before|in|after) /.test(line));
  assert.deepEqual(said, [
    "before waiting",
    "in waiting",
    "after waiting",
    "import of failing",
    "before failing",
  ]);
  assert.match(stdout, /✖ .*missing\.test\.mjs/);
  assert.match(stdout, /✖ .*throwing\.test\.mjs/);
  assert.match(stdout, /✔ .*waiting\.test\.mjs/);
  assert.match(stdout, /test at .*failing\.test\.mjs:4:5\n✖ fails/);
  assert.match(stdout, /tests 3\n/);
});
