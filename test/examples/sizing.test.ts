import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../lib/runtime/paths.js";

const SIZING = join(packageRoot, "dist/examples/distributed/sizing.js");
const sizing = (...args: string[]) => spawnSync(process.execPath, [SIZING, ...args], { encoding: "utf8" });

test("the sizing of a run waits for a quarter of the reduction where the rest fits behind backward", () => {
  // 100 k tokens/s and 64 · 128 tokens: 81.9 ms; 440 MB at 40 GB/s: 11 ms, of which 2.75 ms come last.
  const { stdout } = sizing("--tokens-per-second", "100000", "--bandwidth", "40", "--processes", "8");
  assert.match(stdout, /│ 8 +│ 512 +│ '84\.7' +│ '2\.8' +│ '96\.8' +│/);
});

test("a slow network is waited for, and accumulation makes that rarer", () => {
  // 440 MB at 1 GB/s: 440 ms, of which 54.6 ms fit behind backward.
  const slow = ["--tokens-per-second", "100000", "--bandwidth", "1", "--processes", "8"];
  assert.match(sizing(...slow).stdout, /'467\.3' +│ '385\.4' +│ '17\.5'/);
  assert.match(sizing(...slow, "--accumulation", "8").stdout, /'1040\.7' +│ '385\.4' +│ '63\.0'/);
});

test("a measurement that is missing is named", () => {
  const { status, stderr } = sizing("--bandwidth", "1");
  assert.equal(status, 1);
  assert.match(stderr, /Expected a number above 0 for --tokens-per-second but received undefined/);
});
