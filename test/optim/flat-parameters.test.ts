import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { bertPreset } from "../../lib/models/model-config.js";
import { Embedding } from "../../lib/nn/embedding.js";
import type { Parameter } from "../../lib/nn/module.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { gradientNorm } from "../../lib/optim/gradient-norm.js";
import { full, randn, tensor } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import { scope } from "../../lib/tensor/scope.js";
import { loadTinyBert, newNetwork, valuesOf } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";

const SMALL = {
  vocab_size: 20,
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 12,
  num_hidden_layers: 1,
};
const newModel = () => newNetwork(bertPreset("tiny", SMALL), "sequence-classification", 3);
const dtypesOf = (parameters: Iterable<[string, Parameter]>) => [
  ...new Set([...parameters].map(([, parameter]) => parameter.dtype)),
];

test("weights decay, biases and LayerNorm do not", () => {
  const parameters = [...newModel().namedParameters()];
  const names = parameters.map(([name]) => name);
  const kept = parameters.filter(([, { decays }]) => !decays).map(([name]) => name);
  assert.ok(kept.every((name) => name.endsWith(".bias") || name.endsWith("LayerNorm.weight")));
  assert.equal(kept.length, names.filter((name) => name.endsWith(".bias")).length + 3); // three LayerNorms
});

test("moving into flat buffers changes neither weights nor names, and the buffers are the weights", () => {
  const model = loadTinyBert();
  const before = valuesOf(model);
  const parameters = new FlatParameters(model.namedParameters());
  assert.deepEqual(valuesOf(model), before);
  assert.equal(parameters.size, model.parameterCount());
  for (const { weight } of parameters.groups) weight.fill_(2);
  for (const [name, values] of valuesOf(model))
    assert.ok(
      values.every((value) => value === 2),
      name,
    );
});

test("every parameter starts at a multiple of 64 bytes", () => {
  const { groups } = new FlatParameters(newModel().namedParameters(), { dtype: "bfloat16" });
  for (const { slots } of groups) {
    for (const { offset, name } of slots) assert.equal((offset * 2) % 64, 0, name);
  }
});

test("backward adds into the flat gradient, whose norm counts each element once", () => {
  const model = newModel();
  const parameters = new FlatParameters(model.namedParameters());
  parameters.allocateGradients();
  assert.equal(gradientNorm(parameters).item(), 0);
  const { weight } = model.head.classifier; // [3, 8]
  weight.mul(3).sum().backward();
  weight.mul(4).sum().backward();
  assert.deepEqual([...weight.grad!.toArray()], new Array(24).fill(7));
  assertClose([gradientNorm(parameters).item()], [7 * Math.sqrt(24)], { relative: 1e-7 }); // a float32 result
  parameters.zeroGradients();
  assert.equal(gradientNorm(parameters).item(), 0);
});

test("bfloat16 gradients of many micro-batches are summed in float32", () => {
  const model = newModel();
  const parameters = new FlatParameters(model.namedParameters(), { dtype: "bfloat16" });
  parameters.allocateGradients();
  for (let microBatch = 0; microBatch < 1000; microBatch++) {
    model.head.pooler.dense.bias.sum().backward();
    parameters.collectGradients();
  }
  // In bfloat16 the sum would have stopped at 256, where 256 + 1 rounds to 256.
  assert.equal(gradientNorm(parameters).item(), 1000 * Math.sqrt(8));
});

test("the bfloat16 gradient of a table is rounded once a micro-batch, however often that looks a row up", () => {
  const table = new Embedding(3, 8);
  const parameters = new FlatParameters(table.namedParameters(), { dtype: "bfloat16" });
  parameters.allocateGradients();
  const [exact, bound] = [new Float64Array(8), new Float64Array(8)];
  for (let microBatch = 0; microBatch < 20; microBatch++) {
    scope(() => {
      const outputGradient = randn([1000, 8]).add(0.1).to("bfloat16");
      table.forward(tensor(new Int32Array(1000).fill(1))).backward(outputGradient);
      const share = outputGradient.to("float64").sum([0]).toArray();
      for (const [column, value] of share.entries()) {
        exact[column]! += value;
        bound[column]! += 2 ** -8 * Math.abs(value); // of each micro-batch's share, 8 bits are kept
      }
    });
    parameters.collectGradients();
  }
  const sums = parameters.groups[0]!.gradientSum!.toArray();
  for (let column = 0; column < 8; column++) {
    const error = Math.abs(sums[8 + column]! - exact[column]!);
    assert.ok(error <= bound[column]! * (1 + 1e-4), `${error} of ${bound[column]}`); // float32 sums the shares
  }
});

test("a parameter that records no gradient is frozen: nothing decays it", () => {
  const model = newModel();
  const fixed = new Set(["encoder.embeddings.word_embeddings.weight", "head.classifier.weight"]);
  for (const [name, parameter] of model.namedParameters()) parameter.requiresGrad = !fixed.has(name);
  const parameters = new FlatParameters(model.namedParameters());
  const namesIn = (groups: typeof parameters.groups) =>
    groups.flatMap(({ slots }) => slots.map(({ name }) => name));
  assert.deepEqual(new Set(namesIn(parameters.frozen)), fixed);
  assert.equal(namesIn(parameters.groups).length, [...model.namedParameters()].length - fixed.size);
  parameters.dispose();
});

test("withMasters shows float32 weights and goes back to bfloat16, after a throw too", () => {
  const model = loadTinyBert();
  const original = valuesOf(model);
  const parameters = new FlatParameters(model.namedParameters(), { dtype: "bfloat16" });
  assert.deepEqual(dtypesOf(model.encoder.namedParameters()), ["bfloat16"]);
  const rounded = valuesOf(model);

  const inside = parameters.withMasters(() => {
    assert.deepEqual(dtypesOf(model.namedParameters()), ["float32"]);
    return valuesOf(model);
  });
  assert.deepEqual(inside, original);
  assert.deepEqual(valuesOf(model), rounded);
  assert.throws(() =>
    parameters.withMasters(() => {
      throw new Error("from the body");
    }),
  );
  assert.deepEqual(dtypesOf(model.encoder.namedParameters()), ["bfloat16"]);
});

test("refreshWeights rounds the masters into the weights", () => {
  const model = newModel();
  const parameters = new FlatParameters(model.namedParameters(), { dtype: "bfloat16" });
  for (const { master } of parameters.groups) master.copy_(full(master.shape, 1 / 3));
  parameters.refreshWeights();
  const rounded = tensor([1 / 3])
    .to("bfloat16")
    .item();
  assert.deepEqual([...model.head.pooler.dense.bias.toArray()], new Array(8).fill(rounded));
});

test("the last layer stays in float32, with gradients of that type, where the rest computes in bfloat16", () => {
  const model = newModel();
  const { classifier } = model.head;
  const before = [...classifier.weight.toArray()];
  const parameters = new FlatParameters(model.namedParameters(), { dtype: "bfloat16" });
  parameters.allocateGradients();
  for (const own of [classifier.weight, classifier.bias]) {
    assert.equal(own.dtype, "float32");
    assert.equal(own.grad!.dtype, "float32");
  }
  assert.equal(model.head.pooler.dense.weight.dtype, "bfloat16");
  assert.deepEqual([...classifier.weight.toArray()], before);
  classifier.weight.sum().backward();
  parameters.collectGradients();
  classifier.weight.sum().backward();
  parameters.collectGradients();
  assert.deepEqual([...classifier.weight.grad!.toArray()], new Array(24).fill(2));
  assert.equal(gradientNorm(parameters).item(), 2 * Math.sqrt(24));
});

test("a scale for each parameter says which learn, and how fast, and changes no weight", () => {
  for (const dtype of ["float32", "bfloat16"] as const) {
    const before = native.liveTensors();
    const alike = loadTinyBert();
    const original = valuesOf(alike);
    const unscaled = new FlatParameters(alike.namedParameters(), { dtype });
    const inDtype = valuesOf(alike);
    unscaled.dispose();
    const model = loadTinyBert();
    const scaleOf = (name: string) =>
      name.startsWith("encoder.encoder") ? 0 : name.startsWith("encoder") ? 0.5 : 1;
    const parameters = new FlatParameters(model.namedParameters(), { dtype, learningRateScale: scaleOf });
    const rules = parameters.groups.map(({ decays, learningRateScale }) => `${decays} ${learningRateScale}`);
    assert.deepEqual([...new Set(rules)], ["true 0.5", "true 1", "false 0.5", "false 1"]);
    assert.deepEqual(
      parameters.frozen.map(({ decays, learningRateScale }) => [decays, learningRateScale]),
      [
        [true, 0],
        [false, 0],
      ],
    );
    assert.deepEqual(valuesOf(model), inDtype);
    assert.deepEqual(
      parameters.withMasters(() => valuesOf(model)),
      original,
    );
    for (const [name, parameter] of model.namedParameters())
      assert.equal(parameter.requiresGrad, scaleOf(name) > 0, name);
    parameters.dispose();
    assert.equal(native.liveTensors(), before);
  }
});

test("without scales every parameter learns", () => {
  const model = loadTinyBert();
  const parameters = new FlatParameters(model.namedParameters());
  assert.equal(parameters.frozen.length, 0);
  assert.ok([...model.namedParameters()].every(([, { requiresGrad }]) => requiresGrad));
});

test("a slot knows its parameter and its number from the model's input on, across the groups", () => {
  const model = newModel();
  const named = [...model.namedParameters()];
  const { groups } = new FlatParameters(named);
  const slots = groups.flatMap((group) => group.slots);
  assert.equal(slots.length, named.length);
  for (const { name, parameter, shape, size, order } of slots) {
    assert.equal(named[order]![0], name);
    assert.equal(named[order]![1], parameter);
    assert.deepEqual(shape, parameter.shape);
    assert.equal(size, parameter.size);
  }
});

test("dispose frees buffers, gradients and the model's parameters", () => {
  for (const dtype of ["float32", "bfloat16"] as const) {
    const before = native.liveTensors();
    const model = newModel();
    const parameters = new FlatParameters(model.namedParameters(), { dtype });
    parameters.allocateGradients();
    parameters.collectGradients();
    parameters.dispose();
    assert.equal(native.liveTensors(), before, dtype);
    assert.throws(() => model.head.classifier.bias.toArray(), /live tensor/);
  }
});

test("freeGradients gives back their memory and leaves the weights", () => {
  const model = newModel();
  const parameters = new FlatParameters(model.namedParameters());
  const before = native.liveTensors();
  parameters.allocateGradients();
  parameters.freeGradients();
  assert.equal(native.liveTensors(), before);
  assert.equal(model.head.classifier.bias.grad, null);
  assert.deepEqual([...model.head.classifier.bias.toArray()], [0, 0, 0]);
});
