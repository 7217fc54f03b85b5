import assert from "node:assert/strict";
import { test } from "node:test";
import {
  initialiseByName,
  truncatedNormal_,
  weightParameter,
  withoutInitialisation,
} from "../../lib/nn/init.js";
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

test("withoutInitialisation puts parameters where they are to be, in the type that they are to have", () => {
  const narrow = withoutInitialisation(() => new Linear(4, 3), { dtype: "bfloat16" });
  assert.deepEqual([narrow.weight.dtype, narrow.bias.dtype], ["bfloat16", "bfloat16"]);
  assert.equal(withoutInitialisation(() => new Linear(4, 3)).weight.dtype, "float32");
});

/** The first values of a weight [4, 3]. */
function drawn(name: string, seed: number): Float64Array {
  const weight = withoutInitialisation(() => weightParameter([4, 3], 0.02));
  initialiseByName(weight, name, seed);
  return weight.toArray();
}

test("a name and a seed give a parameter's first values; neither order nor other parameters matter", () => {
  const [first, second] = [drawn("a.weight", 1), drawn("b.weight", 1)];
  drawn("c.weight", 1);
  assert.deepEqual(drawn("b.weight", 1), second);
  manualSeed(7);
  truncatedNormal_(empty([100]), 1);
  assert.deepEqual(drawn("a.weight", 1), first);
});

test("another seed, or another name, gives other values", () => {
  const all = [drawn("a.weight", 1), drawn("a.weight", 2), drawn("b.weight", 1), drawn("1 a.weight", 1)];
  for (const [index, values] of all.entries())
    for (const other of all.slice(index + 1)) assert.ok(values.every((value, i) => value !== other[i]));
});

test("of a module that was left without values, biases and LayerNorm get their own: 0, and 1 and 0", () => {
  const [linear, norm] = withoutInitialisation(() => [new Linear(4, 3), new LayerNorm(2)] as const);
  for (const module of [linear, norm])
    for (const [name, parameter] of module.namedParameters()) {
      parameter.detach().fill_(5);
      initialiseByName(parameter, name, 3);
    }
  assert.deepEqual([...linear.bias.toArray()], [0, 0, 0]);
  assert.deepEqual([...norm.weight.toArray(), ...norm.bias.toArray()], [1, 1, 0, 0]);
  assert.ok(linear.weight.toArray().every((value) => Math.abs(value) <= Math.fround(0.04)));
});
