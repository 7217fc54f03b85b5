import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { Module, Parameter } from "../../lib/nn/module.js";
import { AdamW, type AdamWOptions } from "../../lib/optim/adamw.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { tensor } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { native } from "../../lib/tensor/native.js";
import { assertClose } from "../support/tolerance.js";

const START = [1, -2, 0.5];
const GRADIENTS = [
  [0.5, 0.25, -4],
  [-1, 0.125, 2],
  [0.75, 0, 1],
];

class Network extends Module {
  readonly weight = new Parameter(tensor(START));
  readonly bias = new Parameter(tensor(START), { decays: false });
}

/** The network's weight and bias after a step with each of the gradients. */
function optimise(options: AdamWOptions, { scale = 1, dtype = "float32" as DType } = {}) {
  const network = new Network();
  const parameters = new FlatParameters(network.namedParameters(), { dtype });
  const optimizer = new AdamW(parameters, options);
  for (const gradient of GRADIENTS) {
    for (const parameter of [network.weight, network.bias]) parameter.grad!.copy_(tensor(gradient));
    optimizer.step(0.1, tensor(scale));
    parameters.zeroGradients();
  }
  return { network, parameters };
}

/** Loshchilov & Hutter (2019), algorithm 2, in float64. */
function reference(o: Required<AdamWOptions>, scale = 1): number[] {
  return START.map((start, index) => {
    let [weight, m, v] = [start, 0, 0];
    for (const [step, gradients] of GRADIENTS.entries()) {
      const gradient = gradients[index]! * scale;
      m = o.beta1 * m + (1 - o.beta1) * gradient;
      v = o.beta2 * v + (1 - o.beta2) * gradient ** 2;
      const corrected = (moment: number, beta: number) =>
        o.biasCorrection ? moment / (1 - beta ** (step + 1)) : moment;
      const update = corrected(m, o.beta1) / (Math.sqrt(corrected(v, o.beta2)) + o.eps);
      weight -= 0.1 * (update + o.weightDecay * weight);
    }
    return weight;
  });
}

const paper = { weightDecay: 0.3, beta1: 0.8, beta2: 0.95, eps: 1e-3, biasCorrection: false };
const pytorch = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, biasCorrection: true };

// Three steps in float32, of values near 1.
const TOLERANCE = { absolute: 1e-6 };

test("AdamW follows the published algorithm, with and without bias correction", () => {
  for (const options of [paper, pytorch]) {
    assertClose(optimise(options).network.weight.toArray(), reference(options), TOLERANCE);
  }
});

test("without options AdamW is PyTorch's", () => {
  assertClose(optimise({}).network.weight.toArray(), reference(pytorch), TOLERANCE);
});

test("what does not decay, such as a bias, is left alone by weight decay", () => {
  assertClose(optimise(paper).network.bias.toArray(), reference({ ...paper, weightDecay: 0 }), TOLERANCE);
});

test("the gradient's scale multiplies every gradient", () => {
  assertClose(optimise(paper, { scale: 0.25 }).network.weight.toArray(), reference(paper, 0.25), TOLERANCE);
});

test("bfloat16 weights are the rounded float32 masters", () => {
  const { network, parameters } = optimise(paper, { dtype: "bfloat16" });
  assert.equal(network.weight.dtype, "bfloat16");
  const masters = parameters.withMasters(() => network.weight.toArray());
  assertClose(masters, reference(paper), TOLERANCE, "masters"); // these gradients are exact in bfloat16
  assert.deepEqual(network.weight.toArray(), tensor(masters).to("bfloat16").toArray());
});

test("dispose frees the moments", () => {
  const network = new Network();
  const parameters = new FlatParameters(network.namedParameters());
  parameters.allocateGradients();
  const before = native.liveTensors();
  const optimizer = new AdamW(parameters);
  assert.ok(native.liveTensors() > before);
  optimizer.dispose();
  assert.equal(native.liveTensors(), before);
});

test("a scale that is not finite leaves weights and moments as they are, whatever the gradients hold", () => {
  for (const scale of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const { network, parameters } = optimise(paper, { dtype: "bfloat16" });
    const optimizer = new AdamW(parameters, paper);
    for (const parameter of [network.weight, network.bias]) parameter.grad!.fill_(Number.NaN);
    const state = () =>
      [...parameters.groups.flatMap(({ master, weight }) => [master, weight]), ...allBuffers(optimizer)].map(
        (buffer) => buffer.toArray(),
      );
    const before = state();
    optimizer.step(0.1, tensor(scale));
    assert.deepEqual(state(), before);
  }
});

function allBuffers({ buffers }: AdamW) {
  return Object.values(buffers).flat();
}
