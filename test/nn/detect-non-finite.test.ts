import assert from "node:assert/strict";
import { test } from "node:test";
import type { BertModel } from "../../lib/models/bert/bert-model.js";
import { BertEncoder } from "../../lib/models/bert/layers.js";
import { detectNonFinite } from "../../lib/nn/detect-non-finite.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { LayerNorm } from "../../lib/nn/layer-norm.js";
import { Linear } from "../../lib/nn/linear.js";
import { Module } from "../../lib/nn/module.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { ones, tensor } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { GoldenTensors, inputOf } from "../support/golden.js";
import { loadTinyBert, logitsOf } from "../support/networks.js";

class Root extends Module {
  readonly dense = new Linear(2, 2);

  forward(x: Tensor): Tensor {
    return this.dense.forward(x).sqrt();
  }
}

class Network extends Module {
  readonly root = new Root();
  readonly norm = new LayerNorm(2);

  forward(x: Tensor): Tensor {
    return this.norm.forward(this.root.forward(x));
  }
}

function network(weight: number, bias: number): Network {
  const made = new Network();
  noGrad(() => made.root.dense.weight.fill_(weight));
  noGrad(() => made.root.dense.bias.fill_(bias));
  return made;
}

const refusal = (name: string, share: string) => ({
  code: "ERR_NON_FINITE",
  message: `Expected finite numbers for ${name} but received NaN or infinity in ${share} elements`,
});

test("a parameter that is not finite is named", () => {
  const bad = network(NaN, 0);
  assert.throws(
    () => detectNonFinite(bad, () => bad.forward(ones([3, 2]))),
    refusal("the parameter root.dense.weight", "4 of 4"),
  );
});

test("the innermost module that first gives what is not finite is named", () => {
  const negative = network(0, -1);
  assert.throws(
    () => detectNonFinite(negative, () => negative.forward(ones([3, 2]))),
    refusal("what root gives", "6 of 6"),
  );
});

test("a gradient that is not finite is named by the module whose result it belongs to", () => {
  const zero = network(0, 0); // √ has an infinite slope at 0
  const run = () =>
    zero.root
      .forward(ones([3, 2]))
      .sum()
      .backward();
  assert.throws(() => detectNonFinite(zero, run), refusal("the gradient of what root.dense gives", "6 of 6"));
});

test("a model that is well runs as without, and is left as it was", () => {
  const golden = new GoldenTensors("tiny_gradients.safetensors");
  const model = loadTinyBert();
  const loss = () =>
    crossEntropy(logitsOf(model, inputOf(golden.sequences())), golden.tensor("labels").to("int64"));
  const fields = Object.keys(model.head.classifier);
  const watched = detectNonFinite(model, () => {
    const result = loss();
    result.backward();
    return result;
  });
  assert.equal(watched.item(), loss().item());
  assert.deepEqual(Object.keys(model.head.classifier), fields);
});

test("inside BERT the layer is named by its path", () => {
  const model = loadTinyBert();
  const huge = tensor(3e38);
  const { encoder } = model.encoder as BertModel;
  assert.ok(encoder instanceof BertEncoder);
  noGrad(() => encoder.layer[1]!.output.dense.weight.mul_(0).add_(huge));
  const sequences = new GoldenTensors("tiny_forward.safetensors").sequences();
  assert.throws(() => detectNonFinite(model, () => logitsOf(model, inputOf(sequences))), {
    message: /^Expected finite numbers for what encoder\.encoder\.layer\.1\.output\.dense gives but/,
  });
});
