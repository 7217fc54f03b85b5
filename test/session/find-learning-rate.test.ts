import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { type FineTuneEvent, findLearningRate, type RangeEvent } from "../../lib/index.js";
import { assertClose } from "../support/tolerance.js";
import { rowsOf, TINY } from "./support.js";

const options = {
  task: "classification",
  model: TINY,
  train: rowsOf(90),
  maxSeqLength: 32,
  batchSize: 16,
  seed: 3,
  dtype: "float32",
} as const;

test("the rate rises from 1e-7 until the loss diverges, and what is suggested trains the tiny model", async () => {
  const events: (RangeEvent | FineTuneEvent)[] = [];
  const { suggestion, curve, diverged } = await findLearningRate({
    ...options,
    onProgress: (event) => events.push(event),
  });
  assert.equal(curve[0]!.learningRate, 1e-7);
  for (const [index, point] of curve.entries()) {
    if (index > 0) assert.ok(point.learningRate > curve[index - 1]!.learningRate);
  }
  assert.equal(diverged, curve.length < 100);
  const steps = events.filter((event) => event.type === "range");
  for (const test of [1, 2, 3])
    assert.ok(steps.filter((event) => event.test === test).length >= curve.length);
  // The tiny model is known to learn with 5e-3 (see tinyRun): the suggestion is within a factor of ten or so.
  assert.ok(suggestion !== null && suggestion > 2e-4 && suggestion < 1e-1, `suggested ${suggestion}`);
});

test("updates tells how many steps the rise has, tests how many rises there are", async () => {
  const seen = new Set<number>();
  const { curve } = await findLearningRate({
    ...options,
    updates: 20,
    tests: 2,
    onProgress: (event) => event.type === "range" && seen.add(event.test),
  });
  assert.deepEqual([...seen], [1, 2]);
  assert.ok(curve.length <= 20);
  const ratio = curve[1]!.learningRate / curve[0]!.learningRate;
  assert.ok(Math.abs(ratio - 1e7 ** (1 / 19)) < 1e-9 * ratio);
});

test("losses that look at all rows of an update are the same in parts, and negatives are mined", async () => {
  const train = rowsOf(20).map(({ text }) => ({ anchor: text, positive: text.replace("the ", "a ") }));
  const pairs = { ...options, task: "embedding", train, updates: 20, tests: 1 } as const;
  const lossesOf = async (more: object) =>
    (await findLearningRate({ ...pairs, ...more })).curve.slice(0, 5).map(({ loss }) => loss);
  const whole = await lossesOf({});
  assertClose(await lossesOf({ microBatchSize: 5 }), whole, { relative: 1e-5 });
  const mined = await lossesOf({ numNegatives: 2 });
  assert.ok(mined[0]! > whole[0]!, "there is more to be told apart");
});

test("an abort stops it with the signal's reason", async () => {
  const controller = new AbortController();
  const found = findLearningRate({
    ...options,
    signal: controller.signal,
    onProgress: (event) =>
      event.type === "range" && event.step === 3 && controller.abort(new Error("enough")),
  });
  await assert.rejects(found, /enough/);
});

test("options of a whole training are refused by name", async () => {
  const wrong = { ...options, learningRate: 1e-3 };
  await assert.rejects(findLearningRate(wrong), {
    code: "ERR_OPTION",
    message: /^Unknown option "learningRate"/,
  });
  const ofRanks = { ...options, rankTimeout: 5 };
  await assert.rejects(findLearningRate(ofRanks), { code: "ERR_OPTION", option: "rankTimeout" });
});
