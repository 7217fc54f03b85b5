import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadWeights } from "../../lib/checkpoint/load-weights.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { BertForQuestionAnswering, spanLossSum } from "../../lib/models/question-answering.js";
import { AdamW } from "../../lib/optim/adamw.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { learningRateAt, type Schedule } from "../../lib/optim/schedule.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { train, type UpdateReport } from "../../lib/train/train.js";
import { stateOf } from "../support/classifiers.js";
import { onDevice } from "../support/device.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { gradcheck } from "../support/gradcheck.js";
import { assertClose } from "../support/tolerance.js";

const DIRECTORY = goldenPath("tiny-bert-questions");
const forward = new GoldenTensors("question_answering_forward.safetensors");
const training = new GoldenTensors("question_answering_training.safetensors");

function loadTinyQuestions(): BertForQuestionAnswering {
  const model = new BertForQuestionAnswering(readConfig(DIRECTORY));
  loadWeights(model, DIRECTORY);
  return onDevice(model.eval());
}

/** The mean loss of a golden batch, as transformers defines it. */
function lossOf(model: BertForQuestionAnswering, golden: GoldenTensors, prefix: string): Tensor {
  const sequences = golden.sequences(prefix);
  const input = inputOf(sequences);
  return spanLossSum(model.forward(input), input, placesOf(golden, prefix)).div(2 * sequences.length);
}

function placesOf(golden: GoldenTensors, prefix: string) {
  return {
    start: golden.values(`${prefix}start_positions`),
    end: golden.values(`${prefix}end_positions`),
  };
}

for (const [batch, tokens] of [
  ["varied", 144],
  ["equal", 160],
] as const) {
  test(`the logits of every token of sequences of ${batch} length are those of transformers`, () => {
    const logits = loadTinyQuestions().forward(inputOf(forward.sequences(`${batch}.`)));
    assert.deepEqual(logits.shape, [tokens, 2]);
    // Float32 of other kernels through two layers.
    assertClose(logits.toArray(), forward.values(`${batch}.logits`), { absolute: 1e-5 });
  });
}

test("the loss of sequences of one length is that of transformers' batch", () => {
  const loss = lossOf(loadTinyQuestions(), forward, "equal.").item();
  assertClose([loss], forward.values("equal.padded_loss"), { absolute: 1e-5 });
});

test("where lengths vary, the loss is the mean of what transformers gives each sequence alone", () => {
  const loss = lossOf(loadTinyQuestions(), forward, "varied.").item();
  assertClose([loss], forward.values("varied.loss"), { absolute: 1e-5 });
  const [padded] = forward.values("varied.padded_loss");
  assert.ok(padded! - loss > 0.01, "the loss that counts padding is another");
});

test("the loss has the gradient of its differences, also where the sequences are not equally long", () => {
  const input = inputOf(
    [5, 1, 3].map((length) => ({ inputIds: Array(length).fill(1), tokenTypeIds: Array(length).fill(0) })),
  );
  const logits = loadTinyQuestions().forward(input).to("float64");
  gradcheck((x) => spanLossSum(x, input, { start: [2, 0, 0], end: [4, 0, 1] }), [logits.detach()]);
});

test("20 steps with AdamW give PyTorch's losses and final weights", async () => {
  const golden = goldenJson<Curve>("question_answering_training.json");
  const model = loadTinyQuestions();
  const losses = (await trainAsGolden(model, golden)).map(({ loss }) => loss);
  assertClose(losses, golden.losses, { absolute: 1e-4 }, "loss");
  assert.ok(losses[19]! < losses[4]! - 0.3, "the same batch's loss has fallen far more than the tolerance");

  const state = stateOf(model);
  const finals = training.names().filter((key) => key.startsWith("final."));
  assert.equal(finals.length, 5);
  for (const key of finals) {
    // Rounding moves them by 2e-6, forgotten or misplaced weight decay by 1e-4.
    assertClose(state.get(key.slice("final.".length))!, training.values(key), { absolute: 1e-5 }, key);
  }
});

async function trainAsGolden(model: BertForQuestionAnswering, golden: Curve): Promise<UpdateReport[]> {
  const parameters = new FlatParameters(model.namedParameters());
  const { betas, eps, weightDecay, learningRate, warmupSteps, maxGradNorm, steps } = golden;
  const reports: UpdateReport[] = [];
  const schedule: Schedule = { name: "linear", learningRate, warmupSteps, totalSteps: steps };
  await train<number>({
    parameters,
    optimizer: new AdamW(parameters, { beta1: betas[0], beta2: betas[1], eps, weightDecay }),
    learningRate: (step) => learningRateAt(step, schedule),
    updates: Array.from({ length: steps }, (_, step) => [step % 5]),
    counts: () => ({ windows: 8 }),
    loss: (batch) => lossOf(model, training, `batch.${batch}.`),
    maxGradNorm,
    seed: 1,
    onUpdate: (report) => {
      reports.push(report);
    },
  });
  return reports;
}
