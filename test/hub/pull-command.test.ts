import assert from "node:assert/strict";
import { test } from "node:test";
import { libbertInProcess } from "../cli/in-process.js";
import { setEnvironment } from "../runtime/fakes.js";
import { TOKEN } from "./hub-server.js";
import { COMMIT, machineWithHub, NAME } from "./support.js";

test("pull prints the folder, and tells what it fetches", async (t) => {
  const { cache } = await machineWithHub(t);
  const { status, stdout, stderr } = await libbertInProcess(["pull", "--model", NAME]);
  assert.deepEqual([status, stdout], [0, `${cache}/models--tiny-org--tiny-bert/snapshots/${COMMIT}\n`]);
  assert.match(stderr, /^ {2}100 % of config\.json fetched\n/);
  assert.match(stderr, / 100 % of model\.safetensors fetched\n/);
  const again = await libbertInProcess(["pull", "--model", NAME, "--revision", COMMIT, "--json"]);
  assert.deepEqual([JSON.parse(again.stdout).commit, again.stderr], [COMMIT, ""]);
});

test("commands take a model by its name, with a token that no output has", async (t) => {
  const { cache } = await machineWithHub(t, { access: "private" });
  const text = ["--text", "a good film"];
  const flags = ["--model", NAME, "--token", TOKEN, "--cache-dir", `${cache}/own`];
  const outputs = [
    await libbertInProcess(["predict", ...flags, ...text]),
    await libbertInProcess(["features", ...flags, ...text]),
    await libbertInProcess(["embed", ...flags, ...text, "--local-files-only"]),
  ];
  for (const { status, stdout, stderr } of outputs) {
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stdout + stderr, new RegExp(TOKEN));
  }
  const refused = await libbertInProcess(["predict", "--model", NAME, ...text]);
  assert.equal(refused.status, 1);
  assert.match(
    refused.stderr,
    /^libbert: Expected a model folder, or .* for --model but received .*: .* has no such folder, and /,
  );
  setEnvironment(t, { HF_HUB_OFFLINE: "1" });
  const offline = await libbertInProcess(["predict", "--model", NAME, ...text]);
  assert.match(offline.stderr, /nothing is fetched with --local-files-only or HF_HUB_OFFLINE/);
});
