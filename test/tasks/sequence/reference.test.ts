import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadWeights } from "../../../lib/checkpoint/load-weights.js";
import { readConfig, writeModel } from "../../../lib/checkpoint/model-directory.js";
import { packSequences } from "../../../lib/data/packing.js";
import { BertForSequenceClassification } from "../../../lib/models/sequence-classification.js";
import { AdamW } from "../../../lib/optim/adamw.js";
import { learningRateAt, type Schedule } from "../../../lib/optim/schedule.js";
import { loadTaskModel } from "../../../lib/tasks/fine-tuning/tasks.js";
import { noGrad } from "../../../lib/tensor/autograd.js";
import { scope } from "../../../lib/tensor/scope.js";
import { train, type UpdateReport } from "../../../lib/train/train.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

const directory = mkdtempSync(join(tmpdir(), "libbert-heads-"));
after(() => rmSync(directory, { recursive: true }));

const golden = new GoldenTensors("sequence_heads.safetensors");
const batches = new GoldenTensors("tiny_training.safetensors");
const curves = goldenJson<Record<string, Curve>>("sequence_heads.json");

const HEADS = [
  { name: "multi_label", task: "multi-label", problemType: "multi_label_classification", outputs: 4 },
  { name: "regression", task: "regression", problemType: "regression", outputs: 1 },
] as const;
type Head = (typeof HEADS)[number];

/** The tiny encoder with the classifier that the golden file brings. */
function networkOf({ name, outputs }: Head): BertForSequenceClassification {
  const network = new BertForSequenceClassification(readConfig(goldenPath("tiny-bert")), outputs).eval();
  loadWeights(network.bert, goldenPath("tiny-bert"), { mayIgnore: ["classifier."] });
  noGrad(() => {
    for (const part of ["weight", "bias"] as const) {
      using stored = golden.tensor(`${name}.classifier.${part}`);
      network.classifier[part].copy_(stored);
    }
  });
  return network;
}

/** The same as a directory of transformers. */
function directoryOf(head: Head): string {
  const path = join(directory, head.name);
  cpSync(goldenPath("tiny-bert"), path, { recursive: true });
  const id2label = Object.fromEntries(Array.from({ length: head.outputs }, (_, id) => [id, `LABEL_${id}`]));
  const config = { ...readConfig(path), id2label, problem_type: head.problemType };
  writeModel(path, networkOf(head), config, "BertForSequenceClassification");
  return path;
}

/** What is right for the sequences of a batch, as the task has it. */
function targetsOf({ name, outputs }: Head, batch: number): (number | Uint8Array)[] {
  const flat = golden.values(`${name}.targets.${batch}`);
  if (outputs === 1) return [...flat];
  return Array.from({ length: flat.length / outputs }, (_, row) =>
    Uint8Array.from(flat.subarray(row * outputs, (row + 1) * outputs)),
  );
}

for (const head of HEADS) {
  test(`the logits of the ${head.name} head are those of transformers`, () => {
    const logits = scope(() =>
      networkOf(head)
        .forward(inputOf(batches.sequences("batch.0.")))
        .toArray(),
    );
    assertClose(logits, golden.values(`${head.name}.logits`), { absolute: 1e-5 });
  });

  test(`20 steps of the ${head.name} head give the losses of transformers`, async () => {
    const { model, task } = await loadTaskModel(directoryOf(head), { device: "cpu", dtype: "float32" });
    assert.equal(task, head.task);
    model.train(false); // no dropout
    const { betas, eps, weightDecay, learningRate, warmupSteps, maxGradNorm, steps, ...curve } =
      curves[head.name]!;
    const schedule: Schedule = { name: "linear", learningRate, warmupSteps, totalSteps: steps };
    const reports: UpdateReport[] = [];
    await train({
      parameters: model.parameters,
      optimizer: new AdamW(model.parameters, { beta1: betas[0], beta2: betas[1], eps, weightDecay }),
      learningRate: (step) => learningRateAt(step, schedule),
      updates: Array.from({ length: steps }, (_, step) => {
        const sequences = batches.sequences(`batch.${step % 5}.`);
        const packed = packSequences(sequences, [...sequences.keys()]);
        return [{ packed, targets: targetsOf(head, step % 5) }];
      }),
      counts: (batch) => model.counts(batch),
      loss: (batch, totals) => model.loss(batch, totals),
      maxGradNorm,
      seed: 1,
      onUpdate: (report) => void reports.push(report),
    });
    const losses = reports.map(({ loss }) => loss);
    assertClose(losses, curve.losses, { absolute: 1e-4 }, "loss");
    const norms = reports.map(({ gradientNorm }) => gradientNorm);
    assertClose(norms, curve.gradientNorms, { relative: 1e-4 }, "gradient norm");
    model.dispose();
  });
}
