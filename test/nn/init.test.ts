import assert from "node:assert/strict";
import { test } from "node:test";
import { truncatedNormal_, withoutInitialisation } from "../../lib/nn/init.js";
import { LayerNorm } from "../../lib/nn/layer-norm.js";
import { Linear } from "../../lib/nn/linear.js";
import { empty } from "../../lib/tensor/create.js";
import { manualSeed } from "../../lib/tensor/random.js";

test("truncated normal values stay within two standard deviations and have the cut distribution's spread", () => {
  manualSeed(11);
  const std = 0.02;
  const count = 200_000;
  const values = truncatedNormal_(empty([count]), std).toArray();
  const limit = Math.fround(2 * std);
  assert.ok(values.every((value) => Math.abs(value) <= limit));

  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / count);
  // Variance of a standard normal cut at ±2: 1 - 2 · 2 φ(2) / (Φ(2) - Φ(-2)) = 0.7737. Four standard errors each.
  const cut = std * Math.sqrt(0.7737413);
  assert.ok(Math.abs(mean) < (4 * cut) / Math.sqrt(count), `mean ${mean}`);
  assert.ok(Math.abs(deviation - cut) < (4 * cut) / Math.sqrt(2 * count), `deviation ${deviation}`);
  const beyond = values.filter((value) => Math.abs(value) > std).length / count;
  // P(1 < |z| < 2) / P(|z| < 2)
  assert.ok(Math.abs(beyond - 0.27181 / 0.9545) < 4 * Math.sqrt(0.25 / count), `share beyond one: ${beyond}`);
});

test("weights start as the seed says, biases at 0, LayerNorm at 1 and 0", () => {
  const weights = () => {
    manualSeed(4);
    return new Linear(4, 3).weight.toArray();
  };
  assert.deepEqual(weights(), weights());
  assert.deepEqual([...new Linear(4, 3).bias.toArray()], [0, 0, 0]);
  const norm = new LayerNorm(2);
  assert.deepEqual([...norm.weight.toArray(), ...norm.bias.toArray()], [1, 1, 0, 0]);
});

test("withoutInitialisation draws no random numbers, and initialisation is on again after a throw", () => {
  manualSeed(4);
  const first = new Linear(4, 3).weight.toArray();
  manualSeed(4);
  withoutInitialisation(() => new Linear(50, 50));
  assert.throws(() =>
    withoutInitialisation(() => {
      throw new Error("from the body");
    }),
  );
  assert.deepEqual(new Linear(4, 3).weight.toArray(), first);
});
