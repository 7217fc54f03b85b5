import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { tensor } from "../../lib/tensor/create.js";
import { DEVICE } from "../support/device.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";
import { loadSavedNetwork, logitsOf, tokenLogitsOf } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";

// Float32 of other kernels through two layers; values reach 10.
const TOLERANCE = { absolute: 1e-5, relative: 1e-5 };

for (const name of ["tiny-distilbert-qa", "tiny-roberta-qa", "tiny-electra-qa"]) {
  test(`${name}: every token's logits of start and end are those of transformers`, () => {
    const golden = new GoldenTensors(`families/${name}.safetensors`);
    const network = loadSavedNetwork(goldenPath(`families/${name}`), "question-answering");
    const logits = tokenLogitsOf(network, inputOf(golden.sequences()));
    assertClose(logits.toArray(), golden.values("logits"), TOLERANCE);
  });
}

const NER = ["distilbert", "roberta", "xlm-roberta", "electra", "camembert"];
for (const name of NER.map((family) => `tiny-${family}-ner`)) {
  test(`${name}: every token's logits of its tags are those of transformers`, () => {
    const golden = new GoldenTensors(`families/${name}.safetensors`);
    const network = loadSavedNetwork(goldenPath(`families/${name}`), "token-classification", 5);
    const logits = tokenLogitsOf(network, inputOf(golden.sequences()));
    assert.equal(logits.shape[1], 5);
    assertClose(logits.toArray(), golden.values("logits"), TOLERANCE);
  });
}

for (const name of ["tiny-distilbert-mlm", "tiny-roberta-mlm", "tiny-electra-mlm", "tiny-camembert-mlm"]) {
  test(`${name}: the masked words' logits are those of transformers`, () => {
    const golden = new GoldenTensors(`families/${name}.safetensors`);
    const { encoder, head } = loadSavedNetwork(goldenPath(`families/${name}`), "masked-lm");
    const positions = tensor(Int32Array.from(golden.values("masked_positions")), { device: DEVICE });
    const { lastHiddenState } = encoder.forward({ ...inputOf(golden.sequences()), outputTokens: positions });
    const logits = head.forward(lastHiddenState, encoder);
    assert.deepEqual(logits.shape, [3, encoder.config.vocabSize]);
    assertClose(logits.toArray(), golden.values("logits"), TOLERANCE);
  });
}

test("tiny-electra-choice: what choices are worth is what transformers says", () => {
  const golden = new GoldenTensors("families/tiny-electra-choice.safetensors");
  const network = loadSavedNetwork(goldenPath("families/tiny-electra-choice"), "multiple-choice");
  const logits = logitsOf(network, inputOf(golden.sequences()));
  assertClose(logits.toArray(), golden.values("logits"), TOLERANCE);
});
