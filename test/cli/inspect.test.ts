import "../support/one-thread.js";

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspectData } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { ended, startLibbert, TINY_MODEL } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

const folder = temporaryDirectory();
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const data = write("train.tsv", "text\tlabel\na gripping film\tgood\nA gripping film\tbad\nso dull\tbad\n");
const against = write("dev.tsv", "text\tlabel\nso  dull\tbad\nhalf\todd\n");
const INSPECT = ["inspect", "--task", "classification", "--data", data, "--against", against];

test("inspect prints what there is, then what was found, the worst first, with lines of the files", async () => {
  const { stdout, stderr, status } = await libbertInProcess([...INSPECT, "--model", TINY_MODEL]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^data: 3 rows\n/);
  assert.match(stdout, /^column +kinds +empty +distinct +first value\ntext +text +0 +3 +"a gripping film"$/m);
  assert.match(stdout, /^labels +count +share\nbad +2 +66\.7 %\ngood +1 +33\.3 %$/m);
  assert.match(stdout, /^with maxSeqLength \d+, 0 rows would be cut; \d+ takes 99 % of them whole$/m);
  const leak = stdout.indexOf("against: rows whose texts the data has, too: 1\n");
  const conflict = stdout.indexOf("for which something else is right: 1\n");
  assert.ok(0 < leak && leak < conflict, stdout);
  assert.ok(stdout.includes(`  ${data}, line 3: "bad" here, "good" there\n    A gripping film\n`), stdout);
  assert.ok(stdout.includes(`  ${against}, line 2\n    so dull\n    ${data}, line 4: so dull\n`), stdout);
});

test("--json and --output have all that the API gives", async () => {
  const output = join(folder, "inspection.json");
  const { stdout } = await libbertInProcess([...INSPECT, "--json", "--output", output]);
  const inspection = await inspectData({ task: "classification", data, against });
  assert.deepEqual(JSON.parse(stdout), inspection);
  assert.deepEqual(JSON.parse(readFileSync(output, "utf8")), inspection);
  const refused = await libbertInProcess([...INSPECT, "--output", data]);
  assert.match(refused.stderr, /Expected another file than the input, which it would replace, for --output/);
});

test("Ctrl-C ends an inspection on its way, and leaves no file", async () => {
  const output = join(folder, "never.json");
  const rows = Array.from({ length: 300_000 }, (_, row) => `the film with the number ${row}\tgood\n`);
  const many = write("many.tsv", `review\tlabel\n${rows.join("")}`);
  const run = startLibbert(["inspect", "--task", "classification", "--data", many, "--output", output]);
  const end = ended(run);
  await once(run.stderr, "data"); // which column it reads as the text
  run.kill("SIGINT");
  const { code, stderr } = await end;
  assert.deepEqual([code, existsSync(output)], [130, false], stderr);
});
