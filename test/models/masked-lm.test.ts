import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { bert } from "../../lib/models/families/bert.js";
import { MaskedWordHead } from "../../lib/models/heads/masked-word-head.js";
import { bertPreset } from "../../lib/models/model-config.js";
import type { Network } from "../../lib/models/network.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { tensor } from "../../lib/tensor/create.js";
import { DEVICE } from "../support/device.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { assertSameRun } from "../support/head-curve.js";
import { loadSavedNetwork } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";

const golden = new GoldenTensors("masked_lm.safetensors");
const { adamw } = goldenJson<{ adamw: Curve }>("masked_lm.json");

/** The masked-word half of the tiny pre-training checkpoint. Dropout is off. */
const loadMaskedWords = () => loadSavedNetwork(goldenPath("tiny-bert-pretraining"), "masked-lm");

function goldenWords(prefix: string) {
  return {
    sequences: golden.sequences(prefix),
    positions: Int32Array.from(golden.values(`${prefix}masked_positions`)),
    words: Int32Array.from(golden.values(`${prefix}masked_words`)),
  };
}

type Words = ReturnType<typeof goldenWords>;

const logitsOf = (network: Network<MaskedWordHead>, { sequences, positions }: Words) => {
  const { encoded } = network.encode(inputOf(sequences), tensor(positions, { device: DEVICE }));
  return network.head.forward(encoded.lastHiddenState, network.encoder);
};

const lossSum = (network: Network<MaskedWordHead>, batch: Words) =>
  crossEntropy(logitsOf(network, batch), tensor(batch.words, { dtype: "int64", device: DEVICE }), "sum");

test("logits of the masked words, and their loss, are those of transformers on the padded batch", () => {
  const network = loadMaskedWords();
  const forward = goldenWords("forward.");
  const logits = logitsOf(network, forward);
  assert.deepEqual(logits.shape, [forward.words.length, 114]);
  // Float32 of other kernels through two layers and a head; values reach 10.
  const tolerance = { absolute: 1e-5, relative: 1e-5 };
  assertClose(logits.toArray(), golden.values("forward.logits"), tolerance, "logits");
  const loss = lossSum(network, forward).item() / forward.words.length;
  assertClose([loss], golden.values("forward.loss"), { absolute: 1e-5 }, "loss");
});

test("20 steps with AdamW give PyTorch's losses and final weights", async () => {
  const network = loadMaskedWords();
  const batches = [0, 1, 2, 3, 4].map((index) => goldenWords(`batch.${index}.`));
  await assertSameRun(network, { family: bert, head: "masked-lm" }, batches, adamw, golden, {
    counts: ({ words }) => ({ words: words.length }),
    loss: (batch, totals) => lossSum(network, batch).div(totals.words!),
  });
});

test("a decoder with weights of its own is refused: they would be passed over in silence", () => {
  const { encoder } = bertPreset("tiny", { vocab_size: 8, tie_word_embeddings: false });
  assert.throws(() => new MaskedWordHead(encoder, "gelu"), {
    code: "ERR_CHECKPOINT",
    message: /tie_word_embeddings/,
  });
});
