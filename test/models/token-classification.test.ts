import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadWeights } from "../../lib/checkpoint/load-weights.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { BertForTokenClassification } from "../../lib/models/token-classification.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { AdamW } from "../../lib/optim/adamw.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { learningRateAt, type Schedule } from "../../lib/optim/schedule.js";
import { tensor } from "../../lib/tensor/create.js";
import { startDropoutStream } from "../../lib/tensor/random.js";
import { train, type UpdateReport } from "../../lib/train/train.js";
import { stateOf } from "../support/classifiers.js";
import { DEVICE, onDevice } from "../support/device.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";

const DIRECTORY = goldenPath("tiny-bert-tokens");
const IGNORED = -100;
const batches = new GoldenTensors("token_classification_training.safetensors");

function loadTinyTokens(): BertForTokenClassification {
  const model = new BertForTokenClassification(readConfig(DIRECTORY), 5);
  loadWeights(model, DIRECTORY);
  return onDevice(model.eval());
}

test("the logits of every token are those of transformers", () => {
  const golden = new GoldenTensors("token_classification_forward.safetensors");
  const logits = loadTinyTokens().forward(inputOf(golden.sequences()));
  assert.deepEqual(logits.shape, [144, 5]);
  // Float32 of other kernels through two layers.
  assertClose(logits.toArray(), golden.values("logits"), { absolute: 1e-5 });
});

test("with positions, only these tokens are classified, and dropout treats them as among all", () => {
  const sequences = batches.sequences("batch.0.");
  const positions = [40, 3, 7];
  for (const training of [false, true]) {
    const model = loadTinyTokens().train(training);
    const logits = (chosen?: number[]) => {
      startDropoutStream(5, 2);
      return model.forward(inputOf(sequences), chosen && tensor(Int32Array.from(chosen), { device: DEVICE }));
    };
    const all = logits().toArray();
    const expected = positions.flatMap((token) => [...all.subarray(5 * token, 5 * token + 5)]);
    // Products of fewer rows may be added up in another order.
    assertClose(logits(positions).toArray(), expected, { absolute: 1e-6 });
  }
});

test("20 steps with AdamW give PyTorch's losses and final weights", async () => {
  const golden = goldenJson<Curve>("token_classification_training.json");
  const model = loadTinyTokens();
  const reports = await trainAsGolden(model, golden);
  const losses = reports.map(({ loss }) => loss);
  assertClose(losses, golden.losses, { absolute: 1e-4 }, "loss");
  assert.ok(losses[19]! < losses[4]! - 0.3, "the same batch's loss has fallen far more than the tolerance");

  const state = stateOf(model);
  const finals = batches.names().filter((key) => key.startsWith("final."));
  assert.equal(finals.length, 5);
  for (const key of finals) {
    // Rounding moves them by 2e-6, forgotten or misplaced weight decay by 1e-4.
    assertClose(state.get(key.slice("final.".length))!, batches.values(key), { absolute: 1e-5 }, key);
  }
});

async function trainAsGolden(model: BertForTokenClassification, golden: Curve): Promise<UpdateReport[]> {
  const parameters = new FlatParameters(model.namedParameters());
  const { betas, eps, weightDecay, learningRate, warmupSteps, maxGradNorm, steps } = golden;
  const schedule: Schedule = { name: "linear", learningRate, warmupSteps, totalSteps: steps };
  const reports: UpdateReport[] = [];
  await train<number>({
    parameters,
    optimizer: new AdamW(parameters, { beta1: betas[0], beta2: betas[1], eps, weightDecay }),
    learningRate: (step) => learningRateAt(step, schedule),
    updates: Array.from({ length: steps }, (_, step) => [step % 5]),
    counts: (batch) => ({ words: countedIn(batch).length }),
    loss: (batch, { words }) => {
      const counted = countedIn(batch);
      const labels = batches.values(`batch.${batch}.labels`);
      const logits = model.forward(
        inputOf(batches.sequences(`batch.${batch}.`)),
        tensor(Int32Array.from(counted), { device: DEVICE }),
      );
      const targets = tensor(
        counted.map((token) => labels[token]!),
        { dtype: "int64", device: DEVICE },
      );
      return crossEntropy(logits, targets, "sum").div(words!);
    },
    maxGradNorm,
    seed: 1,
    onUpdate: (report) => {
      reports.push(report);
    },
  });
  return reports;
}

/** The tokens of a golden batch that have a label. */
function countedIn(batch: number): number[] {
  const labels = batches.values(`batch.${batch}.labels`);
  return [...labels.keys()].filter((token) => labels[token] !== IGNORED);
}

test("with concat-last-four the classifier sees the last four layers, the last one first", () => {
  const config = { ...readConfig(DIRECTORY), num_hidden_layers: 5 };
  const model = onDevice(new BertForTokenClassification(config, 3, "concat-last-four").eval());
  assert.deepEqual(model.classifier.weight.shape, [3, 128]);

  const input = inputOf([{ inputIds: [2, 40, 50, 3], tokenTypeIds: [0, 0, 0, 0] }]);
  const features = model.features(input);
  assert.deepEqual(features.shape, [4, 128]);
  const { hiddenStates } = model.bert.forward(input);
  for (const [place, layer] of [5, 4, 3, 2].entries()) {
    assert.deepEqual(
      features.narrow(1, 32 * place, 32).toArray(),
      hiddenStates[layer]!.toArray(),
      `layer ${layer}`,
    );
  }
  assert.deepEqual(model.forward(input).toArray(), model.classifier.forward(features).toArray());
});
