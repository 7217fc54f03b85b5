import assert from "node:assert/strict";
import { test } from "node:test";
import { libbertInProcess } from "../cli/in-process.js";
import { goldenPath } from "../support/golden.js";
import { type HubModel, TOKEN } from "./hub-model.js";
import { machineWithHub } from "./support.js";

test("push tells what it sends and prints where the model is, with a token that no output has", async (t) => {
  const models: Record<string, HubModel> = {};
  const { server } = await machineWithHub(t, {}, {}, models);
  const flags = ["--model", goldenPath("tiny-bert"), "--repository", "tiny-org/films", "--token", TOKEN];
  const { status, stdout, stderr } = await libbertInProcess(["push", ...flags, "--private"]);
  assert.deepEqual([status, stdout], [0, `${server.url}/tiny-org/films\n`]);
  assert.match(stderr, / 100 % of model\.safetensors sent\n/);
  const again = await libbertInProcess(["push", ...flags, "--json"]);
  assert.deepEqual(JSON.parse(again.stdout), {
    url: `${server.url}/tiny-org/films`,
    commit: models["tiny-org/films"]!.commit,
  });
  const refused = await libbertInProcess(["push", ...flags.slice(0, -1), `${TOKEN}x`]);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /^libbert: Expected a token of the Hub for --token /);
  for (const { stdout, stderr } of [again, refused]) assert.ok(!`${stdout}${stderr}`.includes(TOKEN));
});
