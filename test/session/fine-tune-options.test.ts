import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune, loadModel } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { held, shortRun, texts, train } from "./short-run.js";
import { tinyRun } from "./support.js";

const plain = await shortRun(); // what the variations are compared with

test("an evaluation changes nothing of the training", async () => {
  const { losses, predictions } = await shortRun({ validation: held, evaluateEvery: 1 });
  assert.deepEqual(losses, plain.losses);
  assert.deepEqual(predictions, plain.predictions);
});

test("the same seed trains the same model, bit for bit; another seed another one", async () => {
  const again = await shortRun();
  assert.deepEqual(again.losses, plain.losses);
  assert.deepEqual(again.predictions, plain.predictions);
  const other = await shortRun({ seed: 4 });
  assert.notDeepEqual(other.losses, plain.losses);
  assert.notDeepEqual(other.predictions, plain.predictions);
});

test("micro-batches, also of a size that does not divide the batch, train as the whole batch does", async () => {
  for (const microBatchSize of [4, 5, 64]) {
    const { losses } = await shortRun({ microBatchSize });
    // Sums in another order: float32's 1e-7 a step, grown by six steps at a large learning rate.
    assertClose(losses, plain.losses, { relative: 1e-4 }, `losses with micro-batches of ${microBatchSize}`);
  }
});

test("bfloat16 micro-batches train as the whole batch does, within bfloat16's rounding", async () => {
  const whole = await shortRun({ dtype: "bfloat16" });
  const parts = await shortRun({ dtype: "bfloat16", microBatchSize: 4 });
  // 8 bits of mantissa: each gradient is off by up to 0.4 %, the losses of the first steps by less.
  assertClose(parts.losses, whole.losses, { relative: 0.02 });
});

test("each schedule gives its learning rates, after a warm-up from 0", async () => {
  const peak = tinyRun.learningRate;
  const warmupRatio = 1 / 3; // 2 of the 6 updates
  const expected = {
    linear: [0, 1 / 2, 1, 3 / 4, 1 / 2, 1 / 4],
    constant: [0, 1 / 2, 1, 1, 1, 1],
    cosine: [0, 1 / 2, 1, ...[1, 2, 3].map((step) => (1 + Math.cos((Math.PI * step) / 4)) / 2)],
  };
  for (const [schedule, factors] of Object.entries(expected)) {
    const { learningRates } = await shortRun({ schedule: schedule as keyof typeof expected, warmupRatio });
    assertClose(
      learningRates,
      factors.map((factor) => factor * peak),
      { relative: 1e-12 },
      schedule,
    );
  }
});

test("every optimizer learns, each in its own way", async () => {
  const paper = await shortRun({ optimizer: "bert-adam", epochs: 10, learningRate: 2e-3, validation: held });
  const torch = await shortRun({ optimizer: "adamw", epochs: 10, learningRate: 2e-3, validation: held });
  // LAMB's steps are shares of the weights' norms: its rates are higher.
  const lamb = await shortRun({ optimizer: "lamb", epochs: 10, learningRate: 2e-2, validation: held });
  assert.ok(paper.metrics!.accuracy >= 0.9, `bert-adam: accuracy ${paper.metrics!.accuracy}`);
  assert.ok(torch.metrics!.accuracy >= 0.9, `adamw: accuracy ${torch.metrics!.accuracy}`);
  assert.ok(lamb.metrics!.accuracy >= 0.9, `lamb: accuracy ${lamb.metrics!.accuracy}`);
  const curves = [paper.losses, torch.losses, lamb.losses];
  assert.equal(new Set(curves.map(([first]) => first)).size, 1); // before the first update
  assert.equal(new Set(curves.map(String)).size, 3);
});

test("bfloat16 learns as float32 does, saves float32 weights, and predicts the same after loadModel", async () => {
  const outputDir = join(temporaryDirectory(), "bfloat16");
  const dtype = "bfloat16";
  await using tuned = await fineTune({ ...tinyRun, train, validation: held, epochs: 10, dtype, outputDir });
  assert.ok(tuned.training!.metrics!.accuracy >= 0.9, `accuracy ${tuned.training!.metrics!.accuracy}`);
  const stored = readFileSync(join(outputDir, "model.safetensors"));
  assert.doesNotMatch(stored.subarray(0, stored.indexOf("}}")).toString(), /BF16/);
  await using loaded = await loadModel(outputDir, { task: "classification", dtype });
  assert.deepEqual(await loaded.predict(texts), await tuned.predict(texts));
});

test("dtype auto says what it chose and why", async () => {
  const { events } = await shortRun({ dtype: "auto" });
  const [start] = events;
  assert.equal(start?.type, "start");
  assert.match(start.dtype, /^(float32|bfloat16)$/);
  assert.match(start.reason, /bfloat16 units/);
});
