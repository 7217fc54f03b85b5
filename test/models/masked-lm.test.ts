import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadWeights } from "../../lib/checkpoint/load-weights.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { bertPreset } from "../../lib/models/bert-config.js";
import { BertForMaskedLM } from "../../lib/models/masked-lm.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { tensor } from "../../lib/tensor/create.js";
import { DEVICE, onDevice } from "../support/device.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { assertSameRun } from "../support/head-curve.js";
import { assertClose } from "../support/tolerance.js";

const golden = new GoldenTensors("masked_lm.safetensors");
const { adamw } = goldenJson<{ adamw: Curve }>("masked_lm.json");

/** The masked-word half of the tiny pre-training checkpoint. Dropout is off. */
function loadMaskedLM(): BertForMaskedLM {
  const directory = goldenPath("tiny-bert-pretraining");
  const model = withoutInitialisation(() => new BertForMaskedLM(readConfig(directory)));
  loadWeights(model, directory, { mayIgnore: ["bert.pooler.", "cls.seq_relationship."] });
  return onDevice(model.eval());
}

function goldenWords(prefix: string) {
  return {
    sequences: golden.sequences(prefix),
    positions: Int32Array.from(golden.values(`${prefix}masked_positions`)),
    words: Int32Array.from(golden.values(`${prefix}masked_words`)),
  };
}

const logitsOf = (model: BertForMaskedLM, { sequences, positions }: ReturnType<typeof goldenWords>) =>
  model.forward(inputOf(sequences), tensor(positions, { device: DEVICE }));

const lossSum = (model: BertForMaskedLM, batch: ReturnType<typeof goldenWords>) =>
  crossEntropy(logitsOf(model, batch), tensor(batch.words, { dtype: "int64", device: DEVICE }), "sum");

test("logits of the masked words, and their loss, are those of transformers on the padded batch", () => {
  const model = loadMaskedLM();
  const forward = goldenWords("forward.");
  const logits = logitsOf(model, forward);
  assert.deepEqual(logits.shape, [forward.words.length, 114]);
  // Float32 of other kernels through two layers and a head; values reach 10.
  const tolerance = { absolute: 1e-5, relative: 1e-5 };
  assertClose(logits.toArray(), golden.values("forward.logits"), tolerance, "logits");
  const loss = lossSum(model, forward).item() / forward.words.length;
  assertClose([loss], golden.values("forward.loss"), { absolute: 1e-5 }, "loss");
});

test("20 steps with AdamW give PyTorch's losses and final weights", async () => {
  const model = loadMaskedLM();
  const batches = [0, 1, 2, 3, 4].map((index) => goldenWords(`batch.${index}.`));
  await assertSameRun(model, batches, adamw, golden, {
    counts: ({ words }) => ({ words: words.length }),
    loss: (batch, totals) => lossSum(model, batch).div(totals.words!),
  });
});

test("a decoder with weights of its own is refused: they would be passed over in silence", () => {
  const config = bertPreset("tiny", { vocab_size: 8, tie_word_embeddings: false });
  assert.throws(() => new BertForMaskedLM(config), {
    code: "ERR_CHECKPOINT",
    message: /tie_word_embeddings/,
  });
});
