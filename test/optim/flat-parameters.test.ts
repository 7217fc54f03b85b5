import assert from "node:assert/strict";
import { test } from "node:test";
import { bertPreset } from "../../lib/models/bert-config.js";
import { BertForSequenceClassification } from "../../lib/models/sequence-classification.js";
import type { Parameter } from "../../lib/nn/module.js";
import { decays, FlatParameters } from "../../lib/optim/flat-parameters.js";
import { full, tensor } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import { loadTinyBert, stateOf } from "../support/classifiers.js";
import { assertClose } from "../support/tolerance.js";

const SMALL = {
  vocab_size: 20,
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 12,
  num_hidden_layers: 1,
};
const newModel = () => new BertForSequenceClassification(bertPreset("tiny", SMALL), 3);
const dtypesOf = (parameters: Iterable<[string, Parameter]>) => [
  ...new Set([...parameters].map(([, parameter]) => parameter.dtype)),
];

test("weights decay, biases and LayerNorm do not", () => {
  const names = [...newModel().namedParameters()].map(([name]) => name);
  const kept = names.filter((name) => !decays(name));
  assert.ok(kept.every((name) => name.endsWith(".bias") || name.endsWith("LayerNorm.weight")));
  assert.equal(kept.length, names.filter((name) => name.endsWith(".bias")).length + 3); // three LayerNorms
});

test("moving into flat buffers changes neither weights nor names, and the buffers are the weights", () => {
  const model = loadTinyBert();
  const before = stateOf(model);
  const parameters = new FlatParameters(model.namedParameters());
  assert.deepEqual(stateOf(model), before);
  assert.equal(parameters.size, model.parameterCount());
  for (const { weight } of parameters.groups) weight.fill_(2);
  for (const [name, values] of stateOf(model))
    assert.ok(
      values.every((value) => value === 2),
      name,
    );
});

test("every parameter starts at a multiple of 64 bytes", () => {
  const { groups } = new FlatParameters(newModel().namedParameters(), "bfloat16");
  for (const { segments } of groups) {
    for (const { offset, name } of segments) assert.equal((offset * 2) % 64, 0, name);
  }
});

test("backward adds into the flat gradient, whose norm counts each element once", () => {
  const model = newModel();
  const parameters = new FlatParameters(model.namedParameters());
  parameters.allocateGradients();
  assert.equal(parameters.gradientNorm().item(), 0);
  const { weight } = model.classifier; // [3, 8]
  weight.mul(3).sum().backward();
  weight.mul(4).sum().backward();
  assert.deepEqual([...weight.grad!.toArray()], new Array(24).fill(7));
  assertClose([parameters.gradientNorm().item()], [7 * Math.sqrt(24)], { relative: 1e-7 }); // a float32 result
  parameters.zeroGradients();
  assert.equal(parameters.gradientNorm().item(), 0);
});

test("bfloat16 gradients of many micro-batches are summed in float32", () => {
  const model = newModel();
  const parameters = new FlatParameters(model.namedParameters(), "bfloat16");
  parameters.allocateGradients();
  for (let microBatch = 0; microBatch < 1000; microBatch++) {
    model.classifier.bias.sum().backward();
    parameters.collectGradients();
  }
  // In bfloat16 the sum would have stopped at 256, where 256 + 1 rounds to 256.
  assert.equal(parameters.gradientNorm().item(), 1000 * Math.sqrt(3));
});

test("withMasters shows float32 weights and goes back to bfloat16, after a throw too", () => {
  const model = loadTinyBert();
  const original = stateOf(model);
  const parameters = new FlatParameters(model.namedParameters(), "bfloat16");
  assert.deepEqual(dtypesOf(model.namedParameters()), ["bfloat16"]);
  const rounded = stateOf(model);

  const inside = parameters.withMasters(() => {
    assert.deepEqual(dtypesOf(model.namedParameters()), ["float32"]);
    return stateOf(model);
  });
  assert.deepEqual(inside, original);
  assert.deepEqual(stateOf(model), rounded);
  assert.throws(() =>
    parameters.withMasters(() => {
      throw new Error("from the body");
    }),
  );
  assert.deepEqual(dtypesOf(model.namedParameters()), ["bfloat16"]);
});

test("refreshWeights rounds the masters into the weights", () => {
  const model = newModel();
  const parameters = new FlatParameters(model.namedParameters(), "bfloat16");
  for (const { master } of parameters.groups) master.copy_(full(master.shape, 1 / 3));
  parameters.refreshWeights();
  assert.deepEqual(
    [...model.classifier.bias.toArray()],
    [
      ...tensor([1 / 3, 1 / 3, 1 / 3])
        .to("bfloat16")
        .toArray(),
    ],
  );
});

test("regrouping changes which parameters learn, and how fast, but no weight", () => {
  for (const dtype of ["float32", "bfloat16"] as const) {
    const before = native.liveTensors();
    const model = loadTinyBert();
    const original = stateOf(model);
    const parameters = new FlatParameters(model.namedParameters(), dtype);
    const inDtype = stateOf(model);
    const scaleOf = (name: string) =>
      name.startsWith("bert.encoder") ? 0 : name.startsWith("bert") ? 0.5 : 1;
    parameters.regroup(scaleOf);
    assert.deepEqual(
      parameters.groups.map(({ decays, learningRateScale }) => [decays, learningRateScale]),
      [
        [true, 0.5],
        [true, 1],
        [false, 0.5],
        [false, 1],
      ],
    );
    assert.deepEqual(stateOf(model), inDtype);
    assert.deepEqual(
      parameters.withMasters(() => stateOf(model)),
      original,
    );
    for (const [name, parameter] of model.namedParameters())
      assert.equal(parameter.requiresGrad, scaleOf(name) > 0, name);

    parameters.regroup(() => 1);
    assert.equal(parameters.frozen.length, 0);
    assert.ok([...model.namedParameters()].every(([, parameter]) => parameter.requiresGrad));
    assert.deepEqual(stateOf(model), inDtype);
    parameters.dispose();
    assert.equal(native.liveTensors(), before);
  }
});

test("dispose frees buffers, gradients and the model's parameters", () => {
  for (const dtype of ["float32", "bfloat16"] as const) {
    const before = native.liveTensors();
    const model = newModel();
    const parameters = new FlatParameters(model.namedParameters(), dtype);
    parameters.allocateGradients();
    parameters.collectGradients();
    parameters.dispose();
    assert.equal(native.liveTensors(), before, dtype);
    assert.throws(() => model.classifier.bias.toArray(), /live tensor/);
  }
});

test("freeGradients gives back their memory and leaves the weights", () => {
  const model = newModel();
  const parameters = new FlatParameters(model.namedParameters());
  const before = native.liveTensors();
  parameters.allocateGradients();
  parameters.freeGradients();
  assert.equal(native.liveTensors(), before);
  assert.equal(model.classifier.bias.grad, null);
  assert.deepEqual([...model.classifier.bias.toArray()], [0, 0, 0]);
});
