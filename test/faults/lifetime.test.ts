import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type FineTuneEvent, fineTune, LibbertError, loadModel } from "../../lib/index.js";
import { rowsOf, TINY, tinyRun } from "../session/support.js";
import { assertNothingLeft, startedWorkers } from "../session/workers.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { Draws } from "./draws.js";
import { opened, type Resources, resources } from "./resources.js";
import { tries } from "./tries.js";

const directory = temporaryDirectory();
const train = rowsOf(64);
const validation = rowsOf(32, 100);
const texts = train.map(({ text }) => text);

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => unhandled.push(error);
process.on("unhandledRejection", onUnhandled);
after(() => process.off("unhandledRejection", onUnhandled));

afterEach(async () => {
  await assertNothingLeft(0);
  assert.deepEqual(unhandled, []);
});

/** Files, threads and memory are what they were, memory within what the allocator keeps. */
function assertLevel(before: Resources, now: Resources): void {
  assert.equal(now.files.size, before.files.size, opened(before, now));
  assert.ok(now.threads <= before.threads, `${before.threads} threads before, ${now.threads} now`);
  assert.ok(now.memory < 1.1 * before.memory + 32, `${before.memory} MiB before, ${now.memory} now`);
}

/** Milliseconds that one takes; the first test measures it. */
let wholeLife = 0;

/** A model's life: trained, evaluated after each epoch, saved, loaded, asked, disposed. */
async function life(outputDir: string, signal?: AbortSignal): Promise<void> {
  await using tuned = await fineTune({ ...tinyRun, train, validation, outputDir, overwrite: true, signal });
  await tuned.predict(texts, { signal });
  await using loaded = await loadModel(outputDir, { task: "classification", dtype: "float32" });
  await loaded.evaluate(validation, { signal });
  await loaded.predict(texts, { signal });
}

test("models created, trained, saved, loaded, asked and disposed leave nothing behind", async () => {
  const outputDir = join(directory, "lives");
  await life(outputDir);
  const before = resources();
  const start = performance.now();
  const cycles = tries(2, 1000);
  for (let cycle = 0; cycle < cycles; cycle++) await life(outputDir);
  assertLevel(before, resources());
  wholeLife = (performance.now() - start) / cycles;
});

test("an abort at any moment ends with the signal's reason, and leaves a whole model or none", async () => {
  const draws = new Draws(3);
  const outputDir = join(directory, "aborted");
  const before = resources();
  const reason = new Error("changed my mind");
  let aborts = 0;
  for (let attempt = 0; attempt < tries(4, 200); attempt++) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(reason), (draws.below(1000) / 1000) * wholeLife);
    try {
      await life(outputDir, controller.signal);
    } catch (error) {
      assert.equal(error, reason);
      aborts++;
    }
    clearTimeout(timer);
    if (!existsSync(join(outputDir, "model.safetensors"))) continue;
    await using model = await loadModel(outputDir, { task: "classification" });
    assert.equal((await model.predict(["a film"])).length, 1);
  }
  assert.ok(aborts > 0);
  assertLevel(before, resources());
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.includes("partial") || name.includes("lock")),
    [],
  );
});

test("a compute thread that is killed in the middle of an update is an error of its call, and nothing else", async () => {
  const draws = new Draws(4);
  const before = resources();
  for (let attempt = 0; attempt < tries(2, 100); attempt++) {
    let outcome: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve) => {
      const onProgress = ({ type }: FineTuneEvent) => type === "step" && resolve();
      outcome = fineTune({ ...tinyRun, train, epochs: 1000, onProgress }).catch((error) => error);
    });
    await wait(draws.below(20));
    await startedWorkers.at(-1)!.terminate();
    const error = await outcome;
    assert.ok(error instanceof LibbertError);
    assert.equal(error.code, "ERR_RUNTIME");
    assert.match(error.message, /^The compute thread ended with code/);
  }
  await using model = await loadModel(TINY, { task: "classification" });
  assert.equal((await model.predict(texts)).length, texts.length);
  await model.dispose();
  assertLevel(before, resources());
});
