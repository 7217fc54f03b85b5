import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { Module, Parameter } from "../../lib/nn/module.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { Lamb, type LambOptions } from "../../lib/optim/lamb.js";
import { tensor } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { native } from "../../lib/tensor/native.js";
import { assertClose } from "../support/tolerance.js";

const RATE = 0.1;
const START = [1, -2, 0.5, 30, -10, 20, 0.125, 0.25, -0.5]; // three rows of very different length
const GRADIENTS = [
  [0.5, 0.25, -4, 1, 2, -1, 0.5, -0.5, 1],
  [-1, 0.125, 2, 0.25, -3, 1, 1, 0.5, 2],
  [0.75, 0, 1, -2, 0.5, 1, -1, 0.25, 0.5],
];
const OPTIONS = { weightDecay: 0.3, beta1: 0.8, beta2: 0.95, eps: 1e-3 };

// Three steps in float32, relative to each weight.
const TOLERANCE = { relative: 2e-6, absolute: 2e-6 };

class Network extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(start = START) {
    super();
    this.weight = new Parameter(tensor(start));
    this.bias = new Parameter(tensor(start), { decays: false });
  }
}

/** A network after a step with each of the gradients. */
function optimise(network: Network, options: LambOptions, { scale = 1, dtype = "float32" as DType } = {}) {
  const parameters = new FlatParameters(network.namedParameters(), { dtype });
  const optimizer = new Lamb(parameters, options);
  for (const gradient of GRADIENTS) {
    for (const parameter of [network.weight, network.bias]) parameter.grad!.copy_(tensor(gradient));
    optimizer.step(RATE, tensor(scale));
    parameters.zeroGradients();
  }
  return { network, parameters };
}

function stacked(rows: number): Network {
  const network = new Network();
  network.weight.stacked = rows;
  return network;
}

const norm = (values: number[]) => Math.hypot(...values);

/** You et al. (2020), algorithm 2, in float64, for one tensor of `start.length` elements from element `from` on. */
function reference(
  start: number[],
  from: number,
  o: Required<LambOptions>,
  { scaled = true, scale = 1 } = {},
) {
  let weights = start;
  let [m, v] = [start.map(() => 0), start.map(() => 0)];
  for (const [step, gradients] of GRADIENTS.entries()) {
    const g = start.map((_, index) => gradients[from + index]! * scale);
    m = m.map((old, index) => o.beta1 * old + (1 - o.beta1) * g[index]!);
    v = v.map((old, index) => o.beta2 * old + (1 - o.beta2) * g[index]! ** 2);
    const [mShare, vShare] = [1 - o.beta1 ** (step + 1), 1 - o.beta2 ** (step + 1)];
    const direction = m.map((mean, index) => mean / mShare / (Math.sqrt(v[index]! / vShare) + o.eps));
    const update = direction.map((value, index) => value + (scaled ? o.weightDecay * weights[index]! : 0));
    const trust = scaled && norm(weights) > 0 && norm(update) > 0 ? norm(weights) / norm(update) : 1;
    weights = weights.map((weight, index) => weight - RATE * trust * update[index]!);
  }
  return weights;
}

test("LAMB follows the published algorithm", () => {
  assertClose(
    optimise(new Network(), OPTIONS).network.weight.toArray(),
    reference(START, 0, OPTIONS),
    TOLERANCE,
  );
});

test("without options it decays by 0.01, with betas 0.9 and 0.999 and an eps of 1e-6", () => {
  const published = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-6 };
  assertClose(
    optimise(new Network(), {}).network.weight.toArray(),
    reference(START, 0, published),
    TOLERANCE,
  );
});

test("a stack of query, key and value has a trust ratio for each", () => {
  const parts = [0, 3, 6].flatMap((from) => reference(START.slice(from, from + 3), from, OPTIONS));
  assertClose(optimise(stacked(3), OPTIONS).network.weight.toArray(), parts, TOLERANCE);
  const together = reference(START, 0, OPTIONS);
  const apart = Math.max(...parts.map((value, index) => Math.abs(value - together[index]!)));
  assert.ok(apart > 0.1, "one ratio for all three would show");
});

test("what does not decay, such as a bias, does not scale either", () => {
  const expected = reference(START, 0, OPTIONS, { scaled: false });
  assertClose(optimise(new Network(), OPTIONS).network.bias.toArray(), expected, TOLERANCE);
});

test("the ratio of a weight of zeros, and of an update of zeros, is 1", () => {
  const zeros = START.map(() => 0);
  const { weight } = optimise(new Network(zeros), OPTIONS).network;
  assertClose(weight.toArray(), reference(zeros, 0, OPTIONS), TOLERANCE);

  const still = new Network();
  new Lamb(new FlatParameters(still.namedParameters()), { weightDecay: 0 }).step(RATE);
  assert.deepEqual([...still.weight.toArray()], START);
});

test("the gradient's scale multiplies every gradient", () => {
  const options = { ...OPTIONS, eps: 0.5 }; // large enough that the gradient's length counts
  const { weight } = optimise(new Network(), options, { scale: 0.25 }).network;
  assertClose(weight.toArray(), reference(START, 0, options, { scale: 0.25 }), TOLERANCE);
});

test("bfloat16 weights are the rounded float32 masters", () => {
  const { network, parameters } = optimise(stacked(3), OPTIONS, { dtype: "bfloat16" });
  const masters = parameters.withMasters(() => network.weight.toArray());
  const expected = [0, 3, 6].flatMap((from) => reference(START.slice(from, from + 3), from, OPTIONS));
  assertClose(masters, expected, TOLERANCE); // start and gradients are exact in bfloat16
  assert.deepEqual(network.weight.toArray(), tensor(masters).to("bfloat16").toArray());
});

test("dispose frees the moments and the update", () => {
  const parameters = new FlatParameters(new Network().namedParameters());
  parameters.allocateGradients();
  const before = native.liveTensors();
  const optimizer = new Lamb(parameters);
  assert.ok(native.liveTensors() > before);
  optimizer.dispose();
  assert.equal(native.liveTensors(), before);
});

test("a scale that is not finite leaves weights and moments as they are, whatever the gradients hold", () => {
  for (const scale of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const { network, parameters } = optimise(stacked(3), OPTIONS, { dtype: "bfloat16" });
    const optimizer = new Lamb(parameters, OPTIONS);
    for (const gradient of GRADIENTS) {
      for (const parameter of [network.weight, network.bias]) parameter.grad!.copy_(tensor(gradient));
      optimizer.step(RATE); // moments that a skipped update would move the weights by
    }
    for (const parameter of [network.weight, network.bias]) parameter.grad!.fill_(Number.NaN);
    const buffers = [
      ...parameters.groups.flatMap(({ master, weight }) => [master, weight]),
      ...Object.values(optimizer.buffers).flat(),
    ];
    const before = buffers.map((buffer) => buffer.toArray());
    optimizer.step(RATE, tensor(scale));
    assert.deepEqual(
      buffers.map((buffer) => buffer.toArray()),
      before,
    );
  }
});
