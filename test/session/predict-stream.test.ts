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

const echo = async (chunk: number[]) => chunk;

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
  const stream = predictStream(echo, numbers(10_000, taken), {});
  await stream.next();
  assert.ok(taken.length <= 512, `${taken.length} inputs were read for one prediction`);
  await stream.return();
  assert.ok(taken.length <= 512);
});

test("what the iterable throws comes after the predictions of all inputs before, what predict throws in its place", async () => {
  for (const count of [1, 600]) {
    async function* broken() {
      yield* numbers(count, []);
      throw new Error("disk gone");
    }
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const prediction of predictStream(echo, broken(), {})) seen.push(prediction);
    }, /disk gone/);
    assert.equal(seen.length, count);
  }
  const failing = predictStream(() => Promise.reject(new Error("no model")), numbers(5, []), {});
  await assert.rejects(failing.next(), /no model/);
});

test("an input is answered before the next one is there", async () => {
  const answered: number[] = [];
  async function* dialogue() {
    for (let number = 0; number < 5; number++) {
      assert.equal(answered.length, number);
      yield number;
      while (answered.length <= number) await nextTurn(); // would wait for ever if the answer waited for the next input
    }
  }
  for await (const answer of predictStream(echo, dialogue(), {})) answered.push(answer);
  assert.deepEqual(answered, [0, 1, 2, 3, 4]);
});

test("inputs that come while others are computed go into one call", async () => {
  const sizes: number[] = [];
  const predict = async (chunk: number[]) => {
    sizes.push(chunk.length);
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    return chunk;
  };
  async function* trickle() {
    for (let number = 0; number < 60; number++) {
      await nextTurn();
      yield number;
    }
  }
  for await (const _ of predictStream(predict, trickle(), {}));
  assert.equal(
    sizes.reduce((sum, size) => sum + size),
    60,
  );
  assert.ok(Math.max(...sizes) > 5, `calls of ${sizes} inputs`);

  sizes.length = 0;
  for await (const _ of predictStream(predict, [1, 2, 3], {}));
  assert.deepEqual(sizes, [3]); // an array is there as a whole
});

test("leaving the loop and an abort end a stream whose source is silent, and tell the source", async () => {
  const silent = () => {
    let isClosed = false;
    const iterator = {
      next: (() => {
        let isFirst = true;
        return () => {
          if (!isFirst) return new Promise<IteratorResult<number>>(() => {});
          isFirst = false;
          return Promise.resolve({ done: false, value: 7 });
        };
      })(),
      return: async () => {
        isClosed = true;
        return { done: true as const, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => iterator, isClosed: () => isClosed };
  };
  const left = silent();
  for await (const answer of predictStream(echo, left, {})) {
    assert.equal(answer, 7);
    break;
  }
  assert.ok(left.isClosed());

  const aborted = silent();
  const controller = new AbortController();
  const stream = predictStream(echo, aborted, { signal: controller.signal });
  await stream.next();
  const waiting = stream.next();
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  assert.ok(aborted.isClosed());
});

test("an aborted signal ends the stream with its reason", async () => {
  const controller = new AbortController();
  const stream = predictStream(echo, numbers(5000, []), {
    signal: controller.signal,
  });
  await stream.next();
  controller.abort(new Error("enough"));
  await assert.rejects(async () => {
    for await (const _ of stream);
  }, /enough/);
});
