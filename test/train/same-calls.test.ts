import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PretrainingBatch } from "../../lib/data/pretraining/pretraining-epoch.js";
import { packSequences } from "../../lib/models/packing.js";
import { AdamW } from "../../lib/optim/adamw.js";
import type { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { Lamb } from "../../lib/optim/lamb.js";
import type { Optimizer } from "../../lib/optim/optimizer.js";
import { Sgd } from "../../lib/optim/sgd.js";
import type { Update } from "../../lib/train/update.js";
import { callsOf } from "../support/gpu-kernels.js";
import { tinyPretraining } from "../support/pretraining-update.js";

// Two updates that have the same calls are one CUDA graph: all that tells them apart is in tensors.

type Change = Omit<Update<PretrainingBatch>, "isReportDue">;

/** Sequences of these lengths, whose tokens, masked words and classes are functions of `first`. */
function batchOf(lengths: readonly number[], first: number): PretrainingBatch {
  const sequences = lengths.map((length) => ({
    inputIds: Int32Array.from({ length }, (_, i) => (7 * i + first) % 64),
    tokenTypeIds: Int32Array.from({ length }, (_, i) => Number(i > first)),
  }));
  return {
    packed: packSequences(
      sequences,
      lengths.map((_, index) => first + index),
    ),
    maskedPositions: Int32Array.of(first, first + 4, first + 30),
    maskedLabels: Int32Array.of(first, first + 1, first + 2),
    nextSentenceLabels: Int32Array.of(first % 2, (first + 1) % 2),
  };
}

const ONE: Change = { batches: [batchOf([32, 20], 1)], totals: { words: 3, pairs: 2 }, step: 1 };
const OTHER: Change = { batches: [batchOf([20, 32], 8)], totals: { words: 7, pairs: 5 }, step: 2 ** 33 };

const OPTIMIZERS: Record<string, (parameters: FlatParameters) => Optimizer> = {
  AdamW: (parameters) => new AdamW(parameters),
  LAMB: (parameters) => new Lamb(parameters),
  SGD: (parameters) => new Sgd(parameters, { momentum: 0.9, weightDecay: 0.01 }),
};

for (const [name, newOptimizer] of Object.entries(OPTIMIZERS)) {
  test(`updates of ${name} with other rows, step, rate and totals make the same calls with the same numbers`, () => {
    using update = tinyPretraining(newOptimizer, { learningRate: (step) => 1e-3 / (step + 1) });
    update.make({ ...ONE, step: 0 }); // allocates
    assert.deepEqual(
      callsOf(() => update.make(ONE)),
      callsOf(() => update.make(OTHER)),
    );
  });
}

test("so do updates of micro-batches with gradient checkpointing", () => {
  using update = tinyPretraining((parameters) => new AdamW(parameters), { gradientCheckpointing: true });
  const twice = (change: Change) => ({ ...change, batches: [...change.batches, ...change.batches] });
  update.make({ ...twice(ONE), step: 0 }); // allocates
  assert.deepEqual(
    callsOf(() => update.make(twice(ONE))),
    callsOf(() => update.make(twice(OTHER))),
  );
});

test("an update of another shape makes other calls", () => {
  using update = tinyPretraining((parameters) => new AdamW(parameters));
  update.make({ ...ONE, step: 0 });
  const longer = { ...ONE, batches: [batchOf([32, 21], 1)] };
  assert.notDeepEqual(
    callsOf(() => update.make(ONE)),
    callsOf(() => update.make({ ...longer, step: 2 })),
  );
});
