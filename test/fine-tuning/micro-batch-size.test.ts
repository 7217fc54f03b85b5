import assert from "node:assert/strict";
import { totalmem } from "node:os";
import { test } from "node:test";
import { chooseMicroBatchSize, freeMemory } from "../../lib/fine-tuning/micro-batch-size.js";
import { bertPreset } from "../../lib/models/model-config.js";
import { activationBytesPerToken, stateBytes } from "../../lib/models/training-memory.js";

const config = bertPreset("mini").encoder;
const plan = { dtype: "float32", weightCopies: 2 } as const;
const perToken = activationBytesPerToken(config, plan);
const state = stateBytes(config, plan);

/** The choice where half of the free memory is what the state and so many tokens take. */
const choose = (lengths: number[], batchSize: number, tokens: number) =>
  chooseMicroBatchSize(lengths, batchSize, config, plan, (state + tokens * perToken) / 0.5 + 1);

test("as many of the longest items as fit make a micro-batch", () => {
  const lengths = [10, 100, 20, 90, 80, 30];
  assert.equal(choose(lengths, 6, 269).microBatchSize, 2);
  assert.equal(choose(lengths, 6, 270).microBatchSize, 3);
  assert.equal(choose(lengths, 6, 1000).microBatchSize, 6);
  assert.equal(choose(lengths, 6, 270).activationBytes, 270 * perToken);
});

test("a micro-batch is never larger than the batch or all items, and has at least one item", () => {
  assert.equal(choose([10, 10, 10], 2, 1e6).microBatchSize, 2);
  assert.equal(choose([10, 10, 10], 32, 1e6).microBatchSize, 3);
  assert.equal(choose([10, 10, 10], 32, 0).microBatchSize, 1);
  assert.equal(chooseMicroBatchSize([10, 10], 2, config, plan, 0).microBatchSize, 1);
});

test("gradient checkpointing makes room for more", () => {
  const lengths = new Array(64).fill(512);
  const free = (state + 16 * 512 * perToken) / 0.5 + 1;
  const sizes = [false, true].map(
    (gradientCheckpointing) =>
      chooseMicroBatchSize(lengths, 64, config, { ...plan, gradientCheckpointing }, free).microBatchSize,
  );
  assert.deepEqual(sizes, [16, 24]);
});

test("what is free is a part of what the machine has", () => {
  const free = freeMemory();
  assert.ok(free > 0 && free <= totalmem(), `${free}`);
});
