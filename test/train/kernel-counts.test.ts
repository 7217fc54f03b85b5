import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PretrainingBatch } from "../../lib/data/pretraining/pretraining-epoch.js";
import { packSequences } from "../../lib/models/packing.js";
import { AdamW } from "../../lib/optim/adamw.js";
import type { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { Lamb } from "../../lib/optim/lamb.js";
import type { Optimizer } from "../../lib/optim/optimizer.js";
import type { Graphs } from "../../lib/tensor/graph.js";
import { type Counts, countKernels } from "../support/gpu-kernels.js";
import { tinyPretraining } from "../support/pretraining-update.js";

const LAYERS = 12; // as BERT-base; tiny ones, as kernels are counted and not timed

/** The second update in pre-training, with both heads; the first allocates. */
function countUpdate(layers: number, newOptimizer: (parameters: FlatParameters) => Optimizer): Counts {
  using update = tinyPretraining(newOptimizer, { layers });
  const totals = { words: 3, pairs: 2 };
  update.make({ batches: [BATCH], totals, step: 0 });
  return countKernels(() => update.make({ batches: [BATCH], totals, step: 1 }));
}

const BATCH: PretrainingBatch = {
  packed: packSequences(
    [32, 20].map((length) => ({
      inputIds: Int32Array.from({ length }, (_, i) => (7 * i + 1) % 64),
      tokenTypeIds: new Int32Array(length),
    })),
    [0, 1],
  ),
  maskedPositions: Int32Array.of(1, 5, 40),
  maskedLabels: Int32Array.of(3, 4, 5),
  nextSentenceLabels: Int32Array.of(0, 1),
};

const newAdamW = (parameters: FlatParameters) => new AdamW(parameters);
const [few, many] = [countUpdate(LAYERS - 1, newAdamW), countUpdate(LAYERS, newAdamW)];
const ofLayer = many.kernels - few.kernels;
const ofRest = many.kernels - LAYERS * ofLayer;

test("a layer is at most 24 kernels, forward and backward", () => {
  assert.ok(ofLayer <= 24, `${ofLayer}: ${JSON.stringify(differences())}`);
});

test("an update without its layers is at most 117 kernels, and with LAMB 167", () => {
  assert.ok(ofRest <= 117, `${ofRest}: ${JSON.stringify(many.byOperator)}`);
  const withLamb = countUpdate(LAYERS, (parameters) => new Lamb(parameters));
  const lamb = withLamb.kernels - LAYERS * ofLayer;
  assert.ok(lamb <= 167, `${lamb}: ${JSON.stringify(withLamb.byOperator)}`);
});

test("an update is at most 300 calls of the addon", () => {
  assert.ok(many.calls <= 300, String(many.calls));
});

test("an update reads nothing back from where it is computed", () => {
  assert.equal(many.reads, 1); // the gradient's norm, on the CPU alone: see gradient-norm.ts
});

test("an update whose gradients come from a graph is at most 40 calls, whatever the number of layers", () => {
  const counts = [1, LAYERS].map((layers) => {
    using update = tinyPretraining(newAdamW, { layers, graphs: uncountedGraphs() });
    const make = (step: number) => update.make({ batches: [BATCH], totals: { words: 3, pairs: 2 }, step });
    for (const step of [0, 1]) make(step); // launched, and captured
    return countKernels(() => make(2)).calls;
  });
  assert.ok(counts[1]! <= 40, String(counts[1]));
  assert.equal(counts[0], counts[1]);
});

/** What is inside a graph is launched by one call: it is done for the comparison with single launches, and not when it is counted. */
function uncountedGraphs(): Graphs {
  return {
    capture(body) {
      let isCompared = false;
      const replay = () => {
        if (!isCompared) body();
        isCompared = true;
      };
      return { replay, [Symbol.dispose]() {} };
    },
    [Symbol.dispose]() {},
  };
}

/** What a layer more takes of each operator. */
function differences(): [string, number][] {
  return Object.entries(many.byOperator).flatMap(([operator, count]) => {
    const difference = count - (few.byOperator[operator] ?? 0);
    return difference > 0 ? [[operator, difference]] : [];
  });
}
