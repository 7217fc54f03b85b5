import assert from "node:assert/strict";
import { test } from "node:test";
import { Embedding } from "../../lib/nn/embedding.js";
import { crossEntropy, gelu, mseLoss } from "../../lib/nn/functional.js";
import { LayerNorm } from "../../lib/nn/layer-norm.js";
import { Linear } from "../../lib/nn/linear.js";
import type { Module } from "../../lib/nn/module.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { ones, tensor, zeros } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { GoldenTensors } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";

const golden = new GoldenTensors("nn.safetensors");

// Both sides compute in float32 (6e-8 between neighbours) but add up to 16 products of size 10 in another order.
const TOLERANCE = { absolute: 5e-6, relative: 1e-6 };

function assertGolden(actual: Tensor | null, name: string): void {
  assertClose(actual!.toArray(), golden.values(name), TOLERANCE, name);
}

function assertModule(prefix: string, module: Module & { forward(x: Tensor): Tensor }): void {
  noGrad(() => {
    for (const [name, parameter] of module.namedParameters())
      parameter.copy_(golden.tensor(`${prefix}.${name}`));
  });
  for (const [, parameter] of module.namedParameters()) parameter.grad = zeros(parameter.shape);
  assertFunction(prefix, (x) => module.forward(x));
  for (const [name, parameter] of module.namedParameters())
    assertGolden(parameter.grad, `${prefix}.${name}_grad`);
}

/** Compares the output, and the gradient that comes from the stored gradient of the output. */
function assertFunction(prefix: string, forward: (x: Tensor) => Tensor): void {
  const x = golden.tensor(`${prefix}.input`);
  x.requiresGrad = x.dtype === "float32";
  const output = forward(x);
  assertGolden(output, `${prefix}.output`);
  output
    .mul(golden.tensor(`${prefix}.output_grad`))
    .sum()
    .backward();
  if (x.requiresGrad) assertGolden(x.grad, `${prefix}.input_grad`);
}

test("Linear computes PyTorch's output and gradients", () => {
  assertModule("linear", new Linear(16, 12));
});

test("Embedding computes PyTorch's output and gradient, adding up repeated rows", () => {
  assertModule("embedding", new Embedding(11, 16));
});

test("LayerNorm computes PyTorch's output and gradients", () => {
  assertModule("layer_norm", new LayerNorm(16));
});

test("LayerNorm takes any number of dimensions before the last, and refuses a last one of another size", () => {
  const norm = new LayerNorm(3);
  assert.deepEqual(norm.forward(ones([3])).shape, [3]);
  assert.deepEqual(norm.forward(ones([2, 4, 3])).shape, [2, 4, 3]);
  for (const shape of [[1, 6], [3, 2], [9], [2, 3, 1]])
    assert.throws(() => norm.forward(ones(shape)), { code: "ERR_TENSOR" }, String(shape));
});

test("LayerNorm.addDropout without dropout is LayerNorm of the sum", () => {
  const norm = new LayerNorm(16).eval();
  noGrad(() => {
    for (const [name, parameter] of norm.namedParameters())
      parameter.copy_(golden.tensor(`layer_norm.${name}`));
  });
  const x = golden.tensor("layer_norm.input");
  const half = x.div(2);
  assertGolden(norm.addDropout(half, half, 0.5, null), "layer_norm.output");
});

test("GELU by the error function is PyTorch's, over its bend, both tails and zero", () => {
  assertFunction("gelu_erf", (x) => gelu(x));
});

test("GELU by the tanh approximation is PyTorch's", () => {
  assertFunction("gelu_tanh", (x) => gelu(x, "tanh"));
});

for (const prefix of ["cross_entropy", "cross_entropy_ignored"]) {
  test(`the summed and the mean loss of ${prefix} and its gradient are PyTorch's`, () => {
    const logits = golden.tensor(`${prefix}.logits`);
    logits.requiresGrad = true;
    const labels = golden.tensor(`${prefix}.labels`).to("int64");
    const sum = crossEntropy(logits, labels, "sum");
    assertGolden(sum, `${prefix}.loss_sum`);
    sum.backward();
    assertGolden(logits.grad, `${prefix}.logits_grad`);

    const count = golden.tensor(`${prefix}.label_count`).item();
    assertClose([crossEntropy(logits, labels).item() * count], [sum.item()], TOLERANCE, "mean times count");
    assertClose([crossEntropy(logits, labels, "none").sum().item()], [sum.item()], TOLERANCE, "sum of each");
  });
}

test("cross entropy of bfloat16 logits is computed in float32", () => {
  const logits = golden.tensor("cross_entropy.logits").to("bfloat16");
  const labels = golden.tensor("cross_entropy.labels").to("int64");
  const loss = crossEntropy(logits, labels);
  assert.equal(loss.dtype, "float32");
  assert.equal(loss.item(), crossEntropy(logits.to("float32"), labels).item());
});

test("the mean squared error is that", () => {
  const loss = mseLoss(tensor([1, 2, 3]), tensor([1, 4, 7]), "sum");
  assert.equal(loss.item(), 20);
  assert.equal(mseLoss(tensor([1, 2]), tensor([1, 4])).item(), 2);
});

test("an embedding refuses an id beyond its table", () => {
  assert.throws(
    () => new Embedding(11, 4).forward(tensor(Int32Array.of(3, 11))),
    /^LibbertError: embedding: .*index/,
  );
});
