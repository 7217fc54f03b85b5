import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { ModelPool } from "../../examples/worker-pool/pool.js";
import { TINY_MODEL } from "../cli/command-line.js";
import { rowsOf } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { startExample } from "./start-example.js";

/** A worker that echoes texts after a while, ends with the text `end`, and fails with `fail`. */
const ECHO = `
import { parentPort, workerData } from "node:worker_threads";
if (workerData.model === "none") throw new Error("there is no such model");
parentPort.on("message", (texts) => setTimeout(() => {
  if (texts.includes("end")) process.exit(3);
  const predictions = texts.map((label) => ({ label }));
  parentPort.postMessage(texts.includes("fail") ? { type: "error", message: "bad text" } : { type: "predictions", predictions });
}, 2));
parentPort.postMessage({ type: "ready" });
`;
const folder = temporaryDirectory();
const script = join(folder, "echo.mjs");
writeFileSync(script, ECHO);
const settings = { model: "echo", threads: 1, script: pathToFileURL(script) };
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `text ${index}`);
const labelsOf = async (answer: Promise<{ label: string }[]>) => (await answer).map(({ label }) => label);

test("whenever workers are ended, each call gets all of its answers, in order", async () => {
  await using pool = await ModelPool.open({ ...settings, workers: 3 });
  const texts = numbered(700);
  const answers = Array.from({ length: 10 }, (_, first) => labelsOf(pool.predict(texts.slice(first * 7))));
  for (let ended = 0; ended < 4; ended++) {
    await pool.workers.at(-1)!.terminate();
    await once(pool.workers.at(-1)!, "message"); // the one in its place is ready, and has got texts
  }
  for (const [first, labels] of (await Promise.all(answers)).entries())
    assert.deepEqual(labels, texts.slice(first * 7));
  assert.equal(pool.replaced, 4);
  assert.equal(pool.workers.length, 3);
});

test("texts that end every worker are given up after the third, others are not; what a model refuses ends no worker", async () => {
  await using pool = await ModelPool.open({ ...settings, workers: 2 });
  const others = labelsOf(pool.predict(numbered(300)));
  await assert.rejects(pool.predict(["end"]), /^Error: 3 workers ended with these texts$/);
  await assert.rejects(pool.predict(["fail"]), /^Error: bad text$/);
  assert.deepEqual(await others, numbered(300));
  assert.equal(pool.replaced, 3);
});

test("a model that cannot be loaded is told when the pool is opened; a closed pool answers what it accepted, and no more", async () => {
  const none = ModelPool.open({ ...settings, model: "none", workers: 2 });
  await assert.rejects(none, /^Error: there is no such model$/);
  const pool = await ModelPool.open({ ...settings, workers: 1 });
  const answer = labelsOf(pool.predict(numbered(100)));
  await pool[Symbol.asyncDispose]();
  assert.deepEqual(await answer, numbered(100));
  await assert.rejects(pool.predict(["late"]), /The pool was closed/);
});

test("the example compares a pool with one model, and loses no answer when a worker ends", async () => {
  const texts = rowsOf(60).map(({ text }) => text);
  const file = join(folder, "texts.txt");
  writeFileSync(file, `${texts.join("\n")}\n`);
  const example = startExample("worker-pool/throughput", [
    ...["--model", TINY_MODEL, "--texts", file, "--workers", "1", "--clients", "5"],
  ]);
  const { code, stderr } = await example.ended;
  assert.equal(code, 0, stderr);
  const shown: string[] = [];
  for await (const line of example.lines) shown.push(line);
  for (const line of shown.slice(0, 3)) assert.match(line, / \d+ texts\/s$/);
  assert.equal(shown[3], "1 worker replaced, 0 answers lost, 0 other than those of one model");
});
