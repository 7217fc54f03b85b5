import assert from "node:assert/strict";
import { test } from "node:test";
import { bertPreset } from "../../lib/models/model-config.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { randn } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { manualSeed, startDropoutStream } from "../../lib/tensor/random.js";
import { scope } from "../../lib/tensor/scope.js";
import { DEVICE } from "../support/device.js";
import { inputOf } from "../support/golden.js";
import { newNetwork } from "../support/networks.js";

const SEQUENCES = 256;
const LENGTH = 64; // 16,384 tokens in all
const FREQUENT_WORD = 1; // every second token
const SIZE = {
  hidden_size: 64,
  num_attention_heads: 2,
  num_hidden_layers: 1,
  intermediate_size: 128,
  vocab_size: 500,
};

/** One layer behind the embeddings: what each parameter's gradient is, for weights and outputs that bfloat16 has. */
function gradients(dtype: DType): Map<string, Float64Array> {
  manualSeed(3);
  const { encoder } = newNetwork(bertPreset("tiny", SIZE), "sequence-classification").train();
  noGrad(() => {
    for (const [, parameter] of encoder.namedParameters()) parameter.copy_(parameter.to("bfloat16"));
  });
  const parameters = new FlatParameters(encoder.namedParameters("encoder."), { dtype });
  parameters.allocateGradients();
  const sequences = Array.from({ length: SEQUENCES }, (_, row) => ({
    inputIds: Array.from({ length: LENGTH }, (_, place) =>
      place % 2 ? 2 + ((row * 131 + place * 17) % 498) : FREQUENT_WORD,
    ),
    tokenTypeIds: new Array(LENGTH).fill(0),
  }));
  return scope(() => {
    startDropoutStream(3, 0);
    const hidden = encoder.forward(inputOf(sequences)).lastHiddenState;
    hidden.backward(randn(hidden.shape).add(0.1).to("bfloat16").to(dtype, DEVICE));
    return new Map(
      [...encoder.namedParameters()].map(([name, { grad }]) => [name, Float64Array.from(grad!.toArray())]),
    );
  });
}

test("no parameter's gradient over 16,384 tokens loses more to bfloat16 than what it sums lost", () => {
  const exact = gradients("float64");
  const rounded = gradients("bfloat16");
  assert.equal(exact.size, 17);
  for (const [name, gradient] of exact) {
    const difference = gradient.map((value, index) => rounded.get(name)![index]! - value);
    const error = Math.hypot(...difference) / Math.hypot(...gradient);
    // A rounding to 8 bits is wrong by 2e-3 of a value on average, and some ten of them, independent of each other, lie
    // between the input and a token's share of a gradient: 6e-3. Sums that were rounded at each addition would be wrong
    // by 2e-2 after 256 tokens, which is how often a position comes, and by more than 0.1 after all.
    assert.ok(error < 0.01, `${name}: ${error}`);
  }
});
