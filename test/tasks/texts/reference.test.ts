import "../../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../../lib/checkpoint/checkpoint.js";
import { readConfig } from "../../../lib/checkpoint/model-directory.js";
import type { SequenceHead } from "../../../lib/models/heads/sequence-head.js";
import type { Network } from "../../../lib/models/network.js";
import { packSequences } from "../../../lib/models/packing.js";
import { AdamW } from "../../../lib/optim/adamw.js";
import { learningRateAt, type Schedule } from "../../../lib/optim/schedule.js";
import { trainableModel } from "../../../lib/tasks/build-model.js";
import { taskOf } from "../../../lib/tasks/find-spec.js";
import { headOf } from "../../../lib/tasks/heads.js";
import type { SequenceBatch } from "../../../lib/tasks/texts/text-task.js";
import { noGrad } from "../../../lib/tensor/autograd.js";
import { chooseCompute } from "../../../lib/tensor/compute.js";
import { scope } from "../../../lib/tensor/scope.js";
import { DEVICE } from "../../support/device.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../../support/golden.js";
import { loadSavedNetwork, logitsOf, writeNetwork } from "../../support/networks.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";
import { assertClose } from "../../support/tolerance.js";
import { reportsOf } from "../../support/training.js";

const directory = temporaryDirectory();

const golden = new GoldenTensors("sequence_heads.safetensors");
const batches = new GoldenTensors("tiny_training.safetensors");
const curves = goldenJson<Record<string, Curve>>("sequence_heads.json");

const HEADS = [
  { name: "multi_label", task: "multi-label", problemType: "multi_label_classification", outputs: 4 },
  { name: "regression", task: "regression", problemType: "regression", outputs: 1 },
] as const;
type Head = (typeof HEADS)[number];

/** The tiny encoder with the classifier that the golden file brings. */
function networkOf({ name, outputs }: Head): Network<SequenceHead> {
  const loading = { newHead: "all" } as const;
  const network = loadSavedNetwork(goldenPath("tiny-bert"), "sequence-classification", outputs, loading);
  noGrad(() => {
    for (const part of ["weight", "bias"] as const) {
      using stored = golden.tensor(`${name}.classifier.${part}`);
      network.head.classifier[part].copy_(stored);
    }
  });
  return network;
}

/** The same as a directory of transformers. */
function directoryOf(head: Head): string {
  const path = join(directory, head.name);
  cpSync(goldenPath("tiny-bert"), path, { recursive: true });
  const id2label = Object.fromEntries(Array.from({ length: head.outputs }, (_, id) => [id, `LABEL_${id}`]));
  const json = { ...readConfig(path).json, id2label, problem_type: head.problemType };
  writeNetwork(path, networkOf(head), json);
  return path;
}

/** A golden batch, with what is right for its sequences as the task has it. */
function batchOf({ name }: Head, batch: number): SequenceBatch {
  const sequences = batches.sequences(`batch.${batch}.`);
  return {
    packed: packSequences(sequences, [...sequences.keys()]),
    targets: Float32Array.from(golden.values(`${name}.targets.${batch}`)),
    windows: sequences.map(() => 1),
  };
}

for (const head of HEADS) {
  test(`the logits of the ${head.name} head are those of transformers`, () => {
    const input = inputOf(batches.sequences("batch.0."));
    const logits = scope(() => logitsOf(networkOf(head), input).toArray());
    // Float32 of other kernels through two layers and the pooler; logits are near 1.
    assertClose(logits, golden.values(`${head.name}.logits`), { absolute: 1e-5 });
  });

  test(`20 steps of the ${head.name} head give the losses of transformers`, async () => {
    const checkpoint = await openCheckpoint(directoryOf(head));
    assert.equal(taskOf(checkpoint), head.task);
    const taskHead = await headOf(head.task);
    const { model, parameters } = trainableModel(taskHead, checkpoint, taskHead.stored(checkpoint, 64), {
      compute: chooseCompute({ device: DEVICE, dtype: "float32" }),
      maxSeqLength: 64,
      seed: 1,
      rates: {},
      choices: {},
    });
    model.train(false); // no dropout
    const { betas, eps, weightDecay, learningRate, warmupSteps, maxGradNorm, steps, ...curve } =
      curves[head.name]!;
    const schedule: Schedule = { name: "linear", learningRate, warmupSteps, totalSteps: steps };
    const reports = await reportsOf({
      parameters,
      optimizer: new AdamW(parameters, { beta1: betas[0], beta2: betas[1], eps, weightDecay }),
      learningRate: (step) => learningRateAt(step, schedule),
      updates: Array.from({ length: steps }, (_, step) => [batchOf(head, step % 5)]),
      counts: (batch) => model.counts(batch),
      loss: (batch, totals) => model.loss(batch, totals),
      maxGradNorm,
      seed: 1,
    });
    const losses = reports.map(({ loss }) => loss);
    assertClose(losses, curve.losses, { absolute: 1e-4 }, "loss");
    const norms = reports.map(({ gradientNorm }) => gradientNorm);
    assertClose(norms, curve.gradientNorms, { relative: 1e-4 }, "gradient norm");
    model.dispose();
  });
}
