import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withListener } from "../../lib/options/listener.js";

/** Tells of three steps, and stops where its signal says so. */
async function threeSteps(call: { signal?: AbortSignal; onProgress?: (step: number) => void }) {
  for (let step = 1; step <= 3; step++) {
    call.signal?.throwIfAborted();
    call.onProgress?.(step);
    await sleep(1);
  }
  return "done";
}

for (const [what, fail] of [
  [
    "throws",
    (error: Error) => () => {
      throw error;
    },
  ],
  ["rejects", (error: Error) => () => Promise.reject(error)],
  [
    "rejects later",
    (error: Error) => async () => {
      await sleep(1);
      throw error;
    },
  ],
] as const) {
  test(`what a listener ${what} stops the call and is what it rejects with`, async () => {
    const told: number[] = [];
    const error = new Error("mine");
    const listener = fail(error);
    const onProgress = (step: number) => {
      told.push(step);
      return step === 1 ? listener() : undefined;
    };
    await assert.rejects(withListener({ onProgress }, threeSteps), error);
    assert.ok(told.length < 3);
  });
}

test("a call without a failing listener gives what its work gives, and ends with its signal's reason", async () => {
  const told: number[] = [];
  const onProgress = async (step: number) => void told.push(step);
  assert.equal(await withListener({ onProgress }, threeSteps), "done");
  assert.deepEqual(told, [1, 2, 3]);
  const reason = new Error("enough");
  await assert.rejects(withListener({ onProgress, signal: AbortSignal.abort(reason) }, threeSteps), reason);
  await assert.rejects(withListener({ signal: AbortSignal.abort(reason) }, threeSteps), reason);
});
