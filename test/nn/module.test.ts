import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Dropout } from "../../lib/nn/dropout.js";
import { Embedding } from "../../lib/nn/embedding.js";
import { LayerNorm } from "../../lib/nn/layer-norm.js";
import { Linear } from "../../lib/nn/linear.js";
import { Module, Parameter } from "../../lib/nn/module.js";
import { ones } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import { scope } from "../../lib/tensor/scope.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

class Block extends Module {
  readonly dense = new Linear(3, 2);
  readonly dropout = new Dropout(0.1);
}

class Network extends Module {
  readonly words = new Embedding(5, 3);
  readonly layer = [new Block(), new Block()];
  readonly norm = new LayerNorm(2);
  readonly scale = new Parameter(ones([1]));
  readonly sizes = [1, 2, 3]; // no module
}

test("a parameter's name is the path of fields that leads to it", () => {
  const names = [...new Network().namedParameters()].map(([name]) => name);
  assert.deepEqual(names, [
    "scale",
    "words.weight",
    "layer.0.dense.weight",
    "layer.0.dense.bias",
    "layer.1.dense.weight",
    "layer.1.dense.bias",
    "norm.weight",
    "norm.bias",
  ]);
});

test("namedState has the parameters' names, and its tensors share their memory", () => {
  const network = new Network();
  const state = new Map(network.namedState());
  assert.deepEqual(
    [...state.keys()],
    [...network.namedParameters()].map(([name]) => name),
  );
  state.get("layer.1.dense.bias")!.fill_(4);
  assert.deepEqual([...network.layer[1]!.dense.bias.toArray()], [4, 4]);
  assert.equal(state.get("scale")!.requiresGrad, false);
});

test("inspect prints the tree of modules with the shapes of their parameters", () => {
  assert.equal(
    inspect(new Network()),
    `Network(
  scale: float32[1]
  words: Embedding(
    weight: float32[5, 3]
  )
  layer.0: Block(
    dense: Linear(
      weight: float32[2, 3]
      bias: float32[2]
    )
    dropout: Dropout()
  )
  layer.1: Block(
    dense: Linear(
      weight: float32[2, 3]
      bias: float32[2]
    )
    dropout: Dropout()
  )
  norm: LayerNorm(
    weight: float32[2]
    bias: float32[2]
  )
)`,
  );
});

test("train and eval reach every module below", () => {
  const network = new Network();
  assert.equal(network.layer[1]!.dropout.training, true);
  network.eval();
  assert.deepEqual(
    [network.training, network.layer[1]!.dropout.training, network.norm.training],
    [false, false, false],
  );
  network.train();
  assert.deepEqual([network.training, network.layer[0]!.dropout.training], [true, true]);
});

test("the number of parameters counts every element", () => {
  assert.equal(new Network().parameterCount(), 1 + 5 * 3 + 2 * (2 * 3 + 2) + 2 + 2);
});

test("a scope does not free the parameters of a model made inside it; dispose does", () => {
  const before = native.liveTensors();
  const network = scope(() => new Network());
  assert.equal(native.liveTensors() - before, 8);
  assert.equal(network.norm.weight.requiresGrad, true);
  network.dispose();
  assert.equal(native.liveTensors(), before);
});

test("a state dictionary brings a module's values into another one", () => {
  const [from, to] = [new Network(), new Network()];
  scope(() => to.loadStateDict(from.stateDict()));
  const values = (network: Network) =>
    [...network.namedParameters()].map(([name, one]) => [name, one.toArray()]);
  assert.deepEqual(values(to), values(from));
});

test("a state that does not fit is refused with all that differs, and nothing is copied", () => {
  const network = new Network();
  const before = network.scale.item();
  const { "norm.weight": gain, ...others } = new Network().stateDict();
  const state = { ...others, scale: ones([1]).mul(7), "norm.bias": ones([3]), extra: gain! };
  assert.throws(() => network.loadStateDict(state), {
    code: "ERR_CHECKPOINT",
    message:
      "The state does not fit: it lacks norm.weight; it has extra, which the module lacks; " +
      "expected shape [2] for norm.bias but received [3]",
  });
  assert.equal(network.scale.item(), before);
  assert.throws(() => network.loadStateDict({ scale: 3 as unknown as Tensor }), {
    code: "ERR_OPTION",
    message: "Expected a tensor for scale but received 3",
  });
});
