import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { LibbertError } from "../../lib/errors.js";
import { empty, rand, randn } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import { manualSeed, nextDropoutKey, startDropoutStream } from "../../lib/tensor/random.js";
import { Tensor } from "../../lib/tensor/tensor.js";
import { DEVICE } from "../support/device.js";

test("the same seed gives the same numbers, another seed others", () => {
  const device = DEVICE;
  const draw = (seed: number) => {
    manualSeed(seed);
    const drawn = [
      randn([3], { device }),
      rand([3], { device }),
      empty([3], { device }).normal_(),
      empty([3], { device }).uniform_(),
    ];
    return drawn.flatMap((x) => [...x.toArray()]);
  };
  assert.deepEqual(draw(5), draw(5));
  assert.notDeepEqual(draw(5), draw(6));
});

test("a device that there is not has no numbers, and seeding goes on without it", () => {
  assert.throws(() => native.randn([3], "float32", "cuda:63"), LibbertError);
  manualSeed(5);
  const drawn = randn([3]).toArray();
  manualSeed(5);
  assert.deepEqual(randn([3]).toArray(), drawn);
});

test("a thread's seed holds for a device that it has not drawn on before", async (t) => {
  const [random, create] = ["random", "create"].map((name) =>
    JSON.stringify(new URL(`../../lib/tensor/${name}.js`, import.meta.url)),
  );
  const worker = new Worker(
    `Promise.all([import(${random}), import(${create})]).then(([{ manualSeed }, { randn }]) => {
       manualSeed(5);
       const drawn = randn([3], { device: ${JSON.stringify(DEVICE)} }).toArray();
       require("node:worker_threads").parentPort.postMessage(drawn);
     })`,
    { eval: true },
  );
  t.after(() => worker.terminate());
  const [drawn] = await once(worker, "message");
  manualSeed(5);
  assert.deepEqual(drawn, randn([3], { device: DEVICE }).toArray());
});

test("a thread that seeds and draws does not disturb another one's numbers", async (t) => {
  const random = JSON.stringify(new URL("../../lib/tensor/random.js", import.meta.url));
  const worker = new Worker(
    `import(${random}).then(({ manualSeed }) => {
       require("node:worker_threads").parentPort.postMessage("seeding");
       for (;;) manualSeed(1);
     })`,
    { eval: true },
  );
  t.after(() => worker.terminate());
  await once(worker, "message");
  const draw = () => {
    manualSeed(5);
    return Array.from({ length: 100 }, () => randn([1]).item());
  };
  const first = draw();
  assert.equal(new Set(first).size, 100);
  for (let repeat = 0; repeat < 20; repeat++) assert.deepEqual(draw(), first);
});

test("rand lies in [0, 1) with mean 1/2, randn has mean 0 and variance 1", () => {
  manualSeed(1);
  const count = 100_000;
  const uniform = rand([count]);
  const values = uniform.toArray();
  assert.ok(values.every((value) => value >= 0 && value < 1));
  const normal = randn([count]);
  const mean = (x: Tensor) => x.mean().item();
  // Four standard errors: 0.29 / √n of the uniform mean, 1 / √n of the normal one, √(2 / n) of its variance.
  assert.ok(Math.abs(mean(uniform) - 0.5) < (4 * 0.29) / Math.sqrt(count));
  assert.ok(Math.abs(mean(normal)) < 4 / Math.sqrt(count));
  assert.ok(Math.abs(mean(normal.mul(normal)) - 1) < 4 * Math.sqrt(2 / count));
});

test("a dropout key is a function of seed, step and call, an integer below 2^53", () => {
  const keys = (seed: number, step: number) => {
    startDropoutStream(seed, step);
    return Array.from({ length: 3 }, () => new Tensor(nextDropoutKey(DEVICE)).item());
  };
  const all = [
    [1, 0],
    [1, 1],
    [2, 0],
    [1, 2 ** 32],
    [1 + 2 ** 32, 0],
  ].flatMap(([seed, step]) => keys(seed!, step!));
  assert.equal(new Set(all).size, all.length);
  assert.ok(all.every((key) => Number.isSafeInteger(key) && key >= 0));
  assert.deepEqual(keys(1, 1), all.slice(3, 6));
});
