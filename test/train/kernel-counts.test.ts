import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { initialiseNetwork } from "../../lib/checkpoint/load-network.js";
import type { PretrainingBatch } from "../../lib/data/pretraining/pretraining-epoch.js";
import { bertPreset } from "../../lib/models/model-config.js";
import { packSequences } from "../../lib/models/packing.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { AdamW } from "../../lib/optim/adamw.js";
import type { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { Lamb } from "../../lib/optim/lamb.js";
import type { Optimizer } from "../../lib/optim/optimizer.js";
import { networkOf, Pretrainer, pretrainingLayout } from "../../lib/pre-training/pretrainer.js";
import { update } from "../../lib/train/update.js";
import { UpdateFigures } from "../../lib/train/update-figures.js";
import { WeightSnapshot } from "../../lib/train/weight-snapshot.js";
import { type Counts, countKernels } from "../support/gpu-kernels.js";

const LAYERS = 12; // as BERT-base; tiny ones, as kernels are counted and not timed

/** The second update in pre-training, with both heads; the first allocates. */
function countUpdate(layers: number, newOptimizer: (parameters: FlatParameters) => Optimizer): Counts {
  const config = bertPreset("tiny", {
    ...{ vocab_size: 64, hidden_size: 32, intermediate_size: 64, max_position_embeddings: 64 },
    ...{ num_hidden_layers: layers, num_attention_heads: 2 },
  });
  const network = withoutInitialisation(() => networkOf(config, "mlm+nsp"));
  initialiseNetwork(network, pretrainingLayout(config, "mlm+nsp"), 1);
  const compute = { device: "cpu", dtype: "bfloat16", reason: "" } as const;
  using pretrainer = new Pretrainer({ network, config, objective: "mlm+nsp", compute });
  pretrainer.train(true);
  const { parameters } = pretrainer;
  const training = {
    ...{ parameters, optimizer: newOptimizer(parameters), learningRate: () => 1e-4, updates: [], seed: 1 },
    ...{ counts: pretrainer.counts, lossParts: pretrainer.lossParts, maxGradNorm: 1 },
    loss: (batch: PretrainingBatch, totals: Record<string, number>) => pretrainer.loss(batch, totals),
  };
  const figures = new UpdateFigures<PretrainingBatch>();
  const lastGood = new WeightSnapshot(parameters);
  const totals = { words: 3, pairs: 2 };
  const make = (step: number) =>
    update(training, { batches: [BATCH], totals, step, isReportDue: false }, figures, lastGood);
  make(0);
  const counts = countKernels(() => make(1));
  for (const owner of [figures, lastGood, training.optimizer]) owner.dispose();
  return counts;
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

test("a layer is at most 27 kernels, forward and backward", () => {
  assert.ok(ofLayer <= 27, `${ofLayer}: ${JSON.stringify(differences())}`);
});

test("an update without its layers is at most 120 kernels, and with LAMB 170", () => {
  assert.ok(ofRest <= 120, `${ofRest}: ${JSON.stringify(many.byOperator)}`);
  const withLamb = countUpdate(LAYERS, (parameters) => new Lamb(parameters));
  const lamb = withLamb.kernels - LAYERS * ofLayer;
  assert.ok(lamb <= 170, `${lamb}: ${JSON.stringify(withLamb.byOperator)}`);
});

test("an update is at most 300 calls of the addon", () => {
  assert.ok(many.calls <= 300, String(many.calls));
});

test("an update reads nothing back from where it is computed", () => {
  assert.equal(many.reads, 1); // the gradient's norm, on the CPU alone: see gradient-norm.ts
});

/** What a layer more takes of each operator. */
function differences(): [string, number][] {
  return Object.entries(many.byOperator).flatMap(([operator, count]) => {
    const difference = count - (few.byOperator[operator] ?? 0);
    return difference > 0 ? [[operator, difference]] : [];
  });
}
