import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EncoderInput } from "../../lib/models/encoder-input.js";
import { bert } from "../../lib/models/families/bert.js";
import type { SequenceHead } from "../../lib/models/heads/sequence-head.js";
import type { Network } from "../../lib/models/network.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { tensor } from "../../lib/tensor/create.js";
import { startDropoutStream } from "../../lib/tensor/random.js";
import { DEVICE } from "../support/device.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { assertSameRun } from "../support/head-curve.js";
import { loadSavedNetwork, logitsOf } from "../support/networks.js";
import { assertClose, relativeError } from "../support/tolerance.js";
import { goldenBatch, type LabelledBatch } from "../support/training.js";

const golden = new GoldenTensors("multiple_choice.safetensors");
const { choices, adamw } = goldenJson<{ choices: number; adamw: Curve }>("multiple_choice.json");
const forward = goldenBatch(golden, "forward.");

// Float32 of other kernels through two layers and the pooler; logits are near 1.
const TOLERANCE = { absolute: 1e-5 };

/** The tiny encoder with the head that the golden file brings. Dropout is off. */
function loadChooser(): Network<SequenceHead> {
  const loading = { newHead: "lacks" } as const;
  const network = loadSavedNetwork(goldenPath("tiny-bert-bare"), "multiple-choice", undefined, loading);
  noGrad(() => {
    for (const name of ["weight", "bias"] as const) {
      using stored = golden.tensor(`classifier.${name}`);
      network.head.classifier[name].copy_(stored);
    }
  });
  return network;
}

/** A row for each item. */
const itemLogits = (network: Network<SequenceHead>, input: EncoderInput) =>
  logitsOf(network, input).reshape([-1, choices]);

const lossSum = (network: Network<SequenceHead>, { sequences, ids, labels }: LabelledBatch) =>
  crossEntropy(
    itemLogits(network, inputOf(sequences, ids)),
    tensor(labels, { dtype: "int64", device: DEVICE }),
    "sum",
  );

test("logits of every item's choices, and their loss, are those of transformers on the padded batch", () => {
  const network = loadChooser();
  const logits = itemLogits(network, inputOf(forward.sequences));
  assert.deepEqual(logits.shape, [6, choices]);
  assertClose(logits.toArray(), golden.values("forward.logits"), TOLERANCE, "logits");
  const loss = lossSum(network, forward).item() / forward.labels.length;
  assertClose([loss], golden.values("forward.loss"), { absolute: 1e-6 }, "loss");
});

test("20 steps with AdamW give PyTorch's losses and final weights", async () => {
  const network = loadChooser();
  const batches = [0, 1, 2, 3, 4].map((index) => goldenBatch(golden, `batch.${index}.`));
  await assertSameRun(network, { family: bert, head: "multiple-choice" }, batches, adamw, golden, {
    counts: ({ labels }) => ({ rows: labels.length }),
    loss: (batch, totals) => lossSum(network, batch).div(totals.rows!),
  });
});

test("with dropout on, an item that keeps its row ids has the same logits alone", () => {
  const network = loadChooser().train();
  const logits = (first: number, count: number) => {
    startDropoutStream(9, 4);
    const ids = Array.from({ length: count * choices }, (_, index) => first * choices + index);
    const sequences = ids.map((id) => forward.sequences[id]!);
    return itemLogits(network, inputOf(sequences, ids)).toArray();
  };
  const all = logits(0, 6);
  assertClose(logits(2, 1), all.subarray(2 * choices, 3 * choices), TOLERANCE);
  assert.ok(relativeError(all, golden.values("forward.logits")) > 0.01, "dropout changes the logits");
});
