import assert from "node:assert/strict";
import { test } from "node:test";
import { bertPreset } from "../../lib/models/model-config.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { computeGradients } from "../../lib/nn/gradient-checkpointing.js";
import { AdamW } from "../../lib/optim/adamw.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { gradientNorm } from "../../lib/optim/gradient-norm.js";
import { tensor } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { setNumThreads } from "../../lib/tensor/process.js";
import { manualSeed, startDropoutStream } from "../../lib/tensor/random.js";
import { scope } from "../../lib/tensor/scope.js";
import { DEVICE } from "../support/device.js";
import { inputOf } from "../support/golden.js";
import { logitsOf, newNetwork } from "../support/networks.js";

// Large enough that every operator gives work to each of two threads.
const SIZE = { hidden_size: 128, num_attention_heads: 2, intermediate_size: 512, vocab_size: 500 };
const SEQUENCES = Array.from({ length: 12 }, (_, row) => {
  const length = 20 + 4 * row;
  const inputIds = Array.from({ length }, (_, place) => (row * 131 + place * 17) % SIZE.vocab_size);
  return { inputIds, tokenTypeIds: inputIds.map((_, place) => Number(place > length / 2)) };
});

/** The weights, and the norms of the gradients, of three updates with dropout. */
function train(threads: number, dtype: DType) {
  setNumThreads(threads);
  manualSeed(5);
  const network = newNetwork(bertPreset("tiny", SIZE), "sequence-classification", 3).train();
  const parameters = new FlatParameters(network.namedParameters(), { dtype });
  const optimizer = new AdamW(parameters);
  const labels = tensor(
    SEQUENCES.map((_, row) => row % 3),
    { dtype: "int64" },
  );
  const norms = [0, 1, 2].map((step) =>
    scope(() => {
      startDropoutStream(5, step);
      computeGradients(() => crossEntropy(logitsOf(network, inputOf(SEQUENCES)), labels));
      const norm = gradientNorm(parameters).item();
      optimizer.step(1e-3);
      parameters.zeroGradients();
      return norm;
    }),
  );
  return { norms, weights: parameters.groups.map(({ master }) => master.toBytes()) };
}

for (const dtype of ["float32", "bfloat16"] as const) {
  test(`training in ${dtype} gives the same bits on one thread, two and three`, {
    skip: DEVICE === "cpu" ? false : "not on the CPU",
  }, () => {
    const alone = train(1, dtype);
    assert.ok(alone.norms.every((norm) => norm > 0));
    for (const threads of [2, 3]) assert.deepEqual(train(threads, dtype), alone);
  });
}
