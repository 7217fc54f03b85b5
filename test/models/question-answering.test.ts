import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { bert } from "../../lib/models/families/bert.js";
import { type AnswerHead, spanLossSum } from "../../lib/models/heads/answer-head.js";
import type { Network } from "../../lib/models/network.js";
import { tensor } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { gradcheck } from "../support/gradcheck.js";
import { assertSameRun } from "../support/head-curve.js";
import { loadSavedNetwork, tokenLogitsOf } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";

const forward = new GoldenTensors("question_answering_forward.safetensors");
const training = new GoldenTensors("question_answering_training.safetensors");

const loadTinyQuestions = () => loadSavedNetwork(goldenPath("tiny-bert-questions"), "question-answering");

/** The mean loss of a golden batch, as transformers defines it. */
function lossOf(network: Network<AnswerHead>, golden: GoldenTensors, prefix: string): Tensor {
  const sequences = golden.sequences(prefix);
  const input = inputOf(sequences);
  const positions = positionsOf(golden, prefix);
  return spanLossSum(tokenLogitsOf(network, input), input, positions).div(2 * sequences.length);
}

function positionsOf(golden: GoldenTensors, prefix: string) {
  return {
    start: tensor(Int32Array.from(golden.values(`${prefix}start_positions`))),
    end: tensor(Int32Array.from(golden.values(`${prefix}end_positions`))),
  };
}

for (const [batch, tokens] of [
  ["varied", 144],
  ["equal", 160],
] as const) {
  test(`the logits of every token of sequences of ${batch} length are those of transformers`, () => {
    const logits = tokenLogitsOf(loadTinyQuestions(), inputOf(forward.sequences(`${batch}.`)));
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
  const logits = tokenLogitsOf(loadTinyQuestions(), input).to("float64");
  const positions = { start: tensor(Int32Array.of(2, 0, 0)), end: tensor(Int32Array.of(4, 0, 1)) };
  gradcheck((x) => spanLossSum(x, input, positions), [logits.detach()]);
});

test("20 steps with AdamW give PyTorch's losses and final weights", async () => {
  const golden = goldenJson<Curve>("question_answering_training.json");
  const network = loadTinyQuestions();
  const layout = { family: bert, head: "question-answering" } as const;
  const { compared, losses } = await assertSameRun(network, layout, [0, 1, 2, 3, 4], golden, training, {
    counts: () => ({ windows: 8 }),
    loss: (batch) => lossOf(network, training, `batch.${batch}.`),
    finals: "final.",
  });
  assert.equal(compared, 5);
  assert.ok(losses[19]! < losses[4]! - 0.3, "the same batch's loss has fallen far more than the tolerance");
});
