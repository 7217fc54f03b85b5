import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { TINY_MODEL } from "../cli/command-line.js";
import { rowsOf, writeTsv } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { startExample } from "./start-example.js";

/** A message of which the training rows say both, and the calibration rows that most of those are wrong. */
const UNCLEAR = "the plot was to watch";
const unclear = (label: string, count: number) => new Array(count).fill({ text: UNCLEAR, label });

test("the router leaves to people what it is not sure of, and learns from their answers while it serves", async () => {
  const folder = temporaryDirectory();
  const train = [...rowsOf(90), ...unclear("negative", 12), ...unclear("positive", 6)];
  const clear = rowsOf(40, 90);
  const calibration = [...clear, ...unclear("positive", 6)];
  const router = startExample("support-router/router", [
    ...["--model", TINY_MODEL, "--train", writeTsv(join(folder, "train.tsv"), train)],
    ...["--calibration", writeTsv(join(folder, "calibration.tsv"), calibration)],
    ...["--epochs", "10", "--learning-rate", "5e-3", "--output-dir", join(folder, "out"), "--port", "0"],
  ]);
  mkdirSync(join(folder, "out"));
  const answers = join(folder, "out/answers.jsonl");
  appendFileSync(answers, '{"text": "cut short by a cr');
  const address = await router.nextLine();
  const post = async (route: string, body?: object) => {
    const headers = { "content-type": "application/json" };
    const request = { method: "POST", ...(body && { headers, body: JSON.stringify(body) }) };
    const reply = await fetch(`${address}${route}`, request);
    const text = await reply.text();
    return { status: reply.status, json: text === "" ? null : JSON.parse(text) };
  };
  const route = async (text: string) => {
    const { status, json } = await post("/messages", { text });
    assert.equal(status, 200, JSON.stringify(json));
    assert.ok(json.score > 0.5 && json.score <= 1);
    return json as { queue: string; label: string };
  };
  const queues = await Promise.all(clear.map(({ text }) => route(text)));
  const isRight = queues.map(({ queue }, index) => queue === clear[index]!.label);
  assert.ok(isRight.filter(Boolean).length >= 35, JSON.stringify(queues));
  const { queue, label } = await route(UNCLEAR);
  assert.deepEqual([queue, label], ["people", "negative"]);

  const refused = await post("/answers", { text: UNCLEAR, label: "neutral" });
  assert.equal(refused.status, 422, JSON.stringify(refused.json));
  for (const row of unclear("positive", 30)) assert.equal((await post("/answers", row)).status, 201);
  assert.equal(readFileSync(answers, "utf8").trimEnd().split("\n").length, 30);

  const retrained = post("/retrain");
  let isOver = false;
  retrained.then(() => {
    isOver = true;
  });
  let during = 0;
  for (; !isOver; during++, await setTimeout(20))
    assert.equal((await route(clear[0]!.text)).label, clear[0]!.label);
  const { status, json } = await retrained;
  assert.equal(status, 200, JSON.stringify(json));
  assert.ok(during > 1, "messages were routed meanwhile");
  assert.equal((await route(UNCLEAR)).label, "positive");
  assert.deepEqual([json.abstention.precision, json.abstention.share], [0.95, 1], "sure of all now");

  const direct = await fetch(`${address}/models/predict`, { method: "POST" });
  assert.equal(direct.status, 401, "the models' own routes are closed");
  router.child.kill("SIGTERM");
  const { code, stderr } = await router.ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /router was loaded anew/);
});
