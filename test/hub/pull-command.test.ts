import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { libbertInProcess } from "../cli/in-process.js";
import { setEnvironment } from "../runtime/fakes.js";
import { goldenPath } from "../support/golden.js";
import { filesOf, TOKEN } from "./hub-model.js";
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

test("embed works from an empty cache, with the name that the documentation has, and fetches nothing the second time", async (t) => {
  const name = "sentence-transformers/all-MiniLM-L6-v2";
  const files = filesOf(goldenPath("families/tiny-bert-unigram"));
  const { server, cache } = await machineWithHub(t, {}, {}, { [name]: { commit: COMMIT, files } });
  assert.ok(!existsSync(cache));
  const command = ["embed", "--model", name, "--text", "a gripping film", "--json"];
  const first = await libbertInProcess(command);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, / 100 % of model\.safetensors fetched\n/);
  server.stop();
  const again = await libbertInProcess([...command, "--local-files-only"]);
  assert.deepEqual([again.status, again.stdout], [0, first.stdout]);
});
