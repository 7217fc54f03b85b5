import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadWeights } from "../../lib/checkpoint/load-weights.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { BertForMultipleChoice } from "../../lib/models/multiple-choice.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { tensor } from "../../lib/tensor/create.js";
import { startDropoutStream } from "../../lib/tensor/random.js";
import { DEVICE, onDevice } from "../support/device.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { assertSameRun } from "../support/head-curve.js";
import { assertClose, relativeError } from "../support/tolerance.js";
import { goldenBatch, type LabelledBatch } from "../support/training.js";

const golden = new GoldenTensors("multiple_choice.safetensors");
const { choices, adamw } = goldenJson<{ choices: number; adamw: Curve }>("multiple_choice.json");
const forward = goldenBatch(golden, "forward.");

// Float32 of other kernels through two layers and the pooler; logits are near 1.
const TOLERANCE = { absolute: 1e-5 };

/** The tiny encoder with the head that the golden file brings. Dropout is off. */
function loadChooser(): BertForMultipleChoice {
  const directory = goldenPath("tiny-bert-bare");
  const model = new BertForMultipleChoice(readConfig(directory));
  loadWeights(model, directory, { mayLack: ["classifier."] });
  noGrad(() => {
    for (const name of ["weight", "bias"] as const) {
      using stored = golden.tensor(`classifier.${name}`);
      model.classifier[name].copy_(stored);
    }
  });
  return onDevice(model.eval());
}

const lossSum = (model: BertForMultipleChoice, { sequences, ids, labels }: LabelledBatch) =>
  crossEntropy(
    model.forward(inputOf(sequences, ids), choices),
    tensor(labels, { dtype: "int64", device: DEVICE }),
    "sum",
  );

test("logits of every item's choices, and their loss, are those of transformers on the padded batch", () => {
  const model = loadChooser();
  const logits = model.forward(inputOf(forward.sequences), choices);
  assert.deepEqual(logits.shape, [6, choices]);
  assertClose(logits.toArray(), golden.values("forward.logits"), TOLERANCE, "logits");
  const loss = lossSum(model, forward).item() / forward.labels.length;
  assertClose([loss], golden.values("forward.loss"), { absolute: 1e-6 }, "loss");
});

test("20 steps with AdamW give PyTorch's losses and final weights", async () => {
  const model = loadChooser();
  const batches = [0, 1, 2, 3, 4].map((index) => goldenBatch(golden, `batch.${index}.`));
  await assertSameRun(model, batches, adamw, golden, {
    counts: ({ labels }) => ({ rows: labels.length }),
    loss: (batch, totals) => lossSum(model, batch).div(totals.rows!),
  });
});

test("with dropout on, an item that keeps its row ids has the same logits alone", () => {
  const model = loadChooser().train();
  const logits = (first: number, count: number) => {
    startDropoutStream(9, 4);
    const ids = Array.from({ length: count * choices }, (_, index) => first * choices + index);
    const sequences = ids.map((id) => forward.sequences[id]!);
    return model.forward(inputOf(sequences, ids), choices).toArray();
  };
  const all = logits(0, 6);
  assertClose(logits(2, 1), all.subarray(2 * choices, 3 * choices), TOLERANCE);
  assert.ok(relativeError(all, golden.values("forward.logits")) > 0.01, "dropout changes the logits");
});
