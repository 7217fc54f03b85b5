import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { predictStream } from "../../lib/session/predict-stream.js";

async function* numbers(count: number, taken: number[]) {
  for (let number = 0; number < count; number++) {
    taken.push(number);
    yield number;
  }
}

test("predictions come one for each input, in order, whichever chunk is done first", async () => {
  const predict = async (chunk: number[]) => {
    if (chunk[0] === 0) for (let turn = 0; turn < 20; turn++) await nextTurn();
    return chunk.map((number) => -number);
  };
  const predictions: number[] = [];
  for await (const prediction of predictStream(predict, numbers(1000, []), {})) predictions.push(prediction);
  assert.deepEqual(
    predictions,
    Array.from({ length: 1000 }, (_, number) => -number),
  );
});

test("inputs are read no further than two chunks ahead of the predictions taken", async () => {
  const taken: number[] = [];
  const stream = predictStream(async (chunk: number[]) => chunk, numbers(10_000, taken), {});
  await stream.next();
  assert.ok(taken.length <= 512, `${taken.length} inputs were read for one prediction`);
  await stream.return();
  assert.ok(taken.length <= 512);
});

test("what the iterable throws comes after the predictions of the chunks before, what predict throws in its place", async () => {
  async function* broken() {
    yield* numbers(600, []);
    throw new Error("disk gone");
  }
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const prediction of predictStream(async (chunk: number[]) => chunk, broken(), {}))
      seen.push(prediction);
  }, /disk gone/);
  assert.equal(seen.length, 256);

  const failing = predictStream(() => Promise.reject(new Error("no model")), numbers(5, []), {});
  await assert.rejects(failing.next(), /no model/);
});

test("an aborted signal ends the stream with its reason", async () => {
  const controller = new AbortController();
  const stream = predictStream(async (chunk: number[]) => chunk, numbers(5000, []), {
    signal: controller.signal,
  });
  await stream.next();
  controller.abort(new Error("enough"));
  await assert.rejects(async () => {
    for await (const _ of stream);
  }, /enough/);
});
