import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { bert } from "../../lib/models/families/bert.js";
import { AdamW } from "../../lib/optim/adamw.js";
import type { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { Lamb } from "../../lib/optim/lamb.js";
import type { Optimizer } from "../../lib/optim/optimizer.js";
import { type Curve, GoldenTensors, goldenJson } from "../support/golden.js";
import { valuesOf } from "../support/networks.js";
import {
  countsOf,
  goldenExamples,
  loadTinyPretraining,
  type PretrainingExample,
  pretrainingTraining,
} from "../support/pretraining.js";
import { assertClose, relativeError } from "../support/tolerance.js";
import { reportsOf } from "../support/training.js";

type RunName = "adamw" | "bert_adam" | "lamb";

const tensors = new GoldenTensors("pretraining_training.safetensors");
const curves = goldenJson<Record<RunName, Curve>>("pretraining_training.json");
const batches = [0, 1, 2, 3, 4].map((index) => goldenExamples(tensors, `batch.${index}.`));
const wholeBatches = batches.map((batch) => [batch]);
const finalWeights = tensors.names().filter((name) => name.startsWith("adamw.final."));
const lossesOf = (reports: readonly { loss: number }[]) => reports.map(({ loss }) => loss);

function newOptimizer(name: RunName, parameters: FlatParameters): Optimizer {
  const { betas, eps, weightDecay } = curves[name];
  const options = { beta1: betas[0], beta2: betas[1], eps, weightDecay };
  if (name === "lamb") return new Lamb(parameters, options);
  return new AdamW(parameters, { ...options, biasCorrection: name === "adamw" });
}

/** Repeats a golden run. */
async function repeat(
  name: RunName,
  { updates = wholeBatches, dropout = false, gradientCheckpointing = false } = {},
) {
  const model = loadTinyPretraining().train(dropout);
  const training = pretrainingTraining(model, updates, curves[name], (parameters) =>
    newOptimizer(name, parameters),
  );
  const reports = await reportsOf({ ...training, gradientCheckpointing });
  return { reports, state: valuesOf(model, { family: bert, head: "pretraining" }) };
}

/**
 * Compares each step, and the weights after the last. Rounding was seen to move losses by 1.4e-6 and weights by 5e-7 of
 * their norm; forgotten decay moves weights by 5e-4 in 100 steps and by 5e-5 in 10, one trust ratio for query, key and
 * value together by 2e-3.
 */
function assertSameRun(
  name: RunName,
  { reports, state }: Awaited<ReturnType<typeof repeat>>,
  tolerance: { loss: number; weights: number },
) {
  const { steps, losses, gradientNorms } = curves[name];
  assert.equal(reports.length, steps);
  assertClose(lossesOf(reports), losses, { absolute: tolerance.loss }, "loss");
  const norms = reports.map(({ gradientNorm }) => gradientNorm);
  assertClose(norms, gradientNorms, { relative: 1e-4 }, "gradient norm");
  for (const key of finalWeights) {
    const weight = key.slice("adamw.final.".length);
    const error = relativeError(state.get(weight)!, tensors.values(`${name}.final.${weight}`));
    assert.ok(error < tolerance.weights, `${weight}: ${error}`);
  }
}

test("100 steps of both tasks with AdamW follow the PyTorch loop", async () => {
  assertSameRun("adamw", await repeat("adamw"), { loss: 1e-4, weights: 2e-5 });
});

test("10 steps with the paper's Adam follow a reference without bias correction", async () => {
  assertSameRun("bert_adam", await repeat("bert_adam"), { loss: 1e-5, weights: 5e-6 });
});

test("10 steps with LAMB follow the paper's algorithm", async () => {
  assertSameRun("lamb", await repeat("lamb"), { loss: 1e-5, weights: 5e-6 });
});

for (const dropout of [false, true]) {
  test(`micro-batches with unequal counts of words and pairs make the whole batch's updates, dropout ${dropout ? "on" : "off"}`, async () => {
    const cut = (batch: PretrainingExample[]) => [batch.slice(0, 1), batch.slice(1, 6), batch.slice(6)];
    const updates = batches.map(cut);
    const ratios = updates.flat().map(countsOf);
    assert.ok(new Set(ratios.map(({ words, pairs }) => words / pairs)).size > 5, "shares of words differ");

    const whole = await repeat("bert_adam", { dropout });
    const pieces = await repeat("bert_adam", { updates, dropout });
    // Only the order of additions differs.
    assertClose(lossesOf(pieces.reports), lossesOf(whole.reports), { absolute: 1e-5 });
    for (const key of finalWeights) {
      const weight = key.slice("adamw.final.".length);
      assert.ok(relativeError(pieces.state.get(weight)!, whole.state.get(weight)!) < 1e-5, weight);
    }
  });
}

test("gradient checkpointing makes the same updates, though word embeddings get their two gradients apart", async () => {
  const updates = batches.map((batch) => [batch.slice(0, 3), batch.slice(3)]);
  const whole = await repeat("bert_adam", { updates, dropout: true });
  const checkpointed = await repeat("bert_adam", { updates, dropout: true, gradientCheckpointing: true });
  // Only the order of additions differs.
  assertClose(lossesOf(checkpointed.reports), lossesOf(whole.reports), { absolute: 1e-5 });
  for (const key of finalWeights) {
    const weight = key.slice("adamw.final.".length);
    assert.ok(relativeError(checkpointed.state.get(weight)!, whole.state.get(weight)!) < 1e-5, weight);
  }
});
