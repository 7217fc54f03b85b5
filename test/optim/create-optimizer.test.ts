import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { AdamW } from "../../lib/optim/adamw.js";
import { createOptimizer } from "../../lib/optim/create-optimizer.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { Lamb } from "../../lib/optim/lamb.js";
import type { Optimizer } from "../../lib/optim/optimizer.js";
import { wholeShard } from "../../lib/optim/shard.js";
import { loadTinyBert } from "../support/networks.js";
import { masterBytes } from "../support/training.js";

/** The tiny model's weights after two steps on gradients of 0.5. */
function weightsAfter(newOptimizer: (parameters: FlatParameters) => Optimizer): Buffer {
  const parameters = new FlatParameters(loadTinyBert().namedParameters());
  const optimizer = newOptimizer(parameters);
  for (const { gradient } of parameters.groups) gradient!.fill_(0.5);
  for (let step = 0; step < 2; step++) optimizer.step(1e-2);
  return masterBytes(parameters);
}

test("each name is an optimizer: PyTorch's AdamW, that of the paper's code, and LAMB, with the decay asked for", () => {
  const expected = {
    adamw: (parameters) => new AdamW(parameters, { weightDecay: 0.1 }),
    "bert-adam": (parameters) =>
      new AdamW(parameters, { weightDecay: 0.1, biasCorrection: false, eps: 1e-6 }),
    lamb: (parameters) => new Lamb(parameters, { weightDecay: 0.1 }),
  } satisfies Record<string, (parameters: FlatParameters) => Optimizer>;
  const all = Object.entries(expected).map(([name, newOptimizer]) => {
    const own = weightsAfter((parameters) => createOptimizer(name as keyof typeof expected, parameters, 0.1));
    assert.ok(own.equals(weightsAfter(newOptimizer)), name);
    return own.toString("base64");
  });
  assert.equal(new Set(all).size, 3, "they differ");
});

test("an optimizer of a shard keeps buffers for that shard alone", () => {
  const parameters = new FlatParameters(loadTinyBert().namedParameters());
  const { slices, sum } = wholeShard(parameters);
  for (const name of ["adamw", "bert-adam", "lamb"] as const) {
    const { buffers } = createOptimizer(name, parameters, 0, { slices: slices.slice(0, 1), sum });
    for (const own of Object.values(buffers))
      assert.deepEqual(
        own.map(({ size }) => size),
        [slices[0]!.length],
      );
  }
});
