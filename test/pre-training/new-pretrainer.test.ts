import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { newPretrainer } from "../../lib/pre-training/build-pretrainer.js";
import { chooseCompute } from "../../lib/tensor/compute.js";

test("a new model has the vocabulary's size and padding token, wherever in the vocabulary that is", () => {
  const settings = { size: "tiny", dropout: 0.1, objective: "mlm", seed: 1 } as Parameters<
    typeof newPretrainer
  >[0];
  const vocabulary = { fingerprint: "", size: 40, padId: 7, unkId: 1, clsId: 2, sepId: 3, maskId: 4 };
  using pretrainer = newPretrainer(settings, vocabulary, chooseCompute({ device: "cpu", dtype: "float32" }));
  const { encoder, json } = pretrainer.config;
  assert.deepEqual([encoder.vocabSize, encoder.paddingId], [40, 7]);
  assert.deepEqual([json.vocab_size, json.pad_token_id], [40, 7]);
});
