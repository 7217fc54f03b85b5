import assert from "node:assert/strict";
import { test } from "node:test";
import { LibbertError } from "../../lib/errors.js";
import { crossEntropy, gelu } from "../../lib/nn/functional.js";
import { Linear } from "../../lib/nn/linear.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { cat, ones, tensor, zeros } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import { setNumThreads } from "../../lib/tensor/process.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

/** For arguments that TypeScript refuses. */
const any = (value: unknown) => value as never;

function leaf(): Tensor {
  const x = ones([2]);
  x.requiresGrad = true;
  return x;
}

function disposed(): Tensor {
  const x = ones([2]);
  x.dispose();
  return x;
}

/** What is called wrongly, the code and the message. */
const REFUSALS: [() => unknown, string, string | RegExp][] = [
  [
    () => ones([2]).add(any([1, 2])),
    "ERR_OPTION",
    /^Expected a tensor or a number for y but received .*array/,
  ],
  [
    () => ones([2]).add(any(undefined)),
    "ERR_OPTION",
    "Expected a tensor or a number for y but received undefined",
  ],
  [() => ones([2]).matmul(any(5)), "ERR_OPTION", "Expected a tensor for y but received 5"],
  [
    () => tensor(any([true])),
    "ERR_OPTION",
    /^Expected numbers, .* for the values of a tensor but received true$/,
  ],
  [() => tensor(any(undefined)), "ERR_OPTION", /^Expected numbers, .* but received undefined$/],
  [
    () => tensor(any(Int8Array.of(-1))),
    "ERR_OPTION",
    /^Expected a Float32Array, .* for the values of a tensor/,
  ],
  [() => gelu(any([1])), "ERR_OPTION", /^Expected a tensor for x/],
  [() => new Linear(2, 2).forward(any([1, 2])), "ERR_OPTION", /^Expected a tensor for x/],
  [() => crossEntropy(any([1]), ones([1])), "ERR_OPTION", /^Expected a tensor for logits/],
  [() => cat(any(ones([2]))), "ERR_OPTION", /^Expected an array of tensors for tensors/],
  [
    () => setNumThreads(2 ** 32 + 1),
    "ERR_TENSOR",
    "setNumThreads: Expected a number from 1 to 1024 for count but received 4294967297",
  ],
  [
    () => zeros([2], { device: "meta" }),
    "ERR_OPTION",
    "zeros: Expected 'cpu', 'cuda' or 'cuda:N' for device but received 'meta'",
  ],
  [() => ones([2, 3]).matmul(ones([2, 3])), "ERR_TENSOR", /^matmul: .*2x3/],
  [() => zeros([2 ** 40, 2 ** 10]), "ERR_OUT_OF_MEMORY", /^zeros: .*allocate/],
  [() => disposed().shape, "ERR_DISPOSED", "shape: Expected a live tensor for x but received a disposed one"],
  [
    () => ones([2]).sum().backward(),
    "ERR_TENSOR",
    /^backward: Expected a tensor that was computed from one with requiresGrad/,
  ],
  [() => leaf().add_(1), "ERR_TENSOR", /^add_: Expected noGrad\(\) around/],
  [
    () => {
      leaf().mul(2).requiresGrad = false;
    },
    "ERR_TENSOR",
    /^setRequiresGrad: Expected a tensor that no operation computed .* detach\(\)/,
  ],
  [
    () => {
      zeros([2], { dtype: "int64" }).requiresGrad = true;
    },
    "ERR_TENSOR",
    /^setRequiresGrad: Expected a floating-point dtype/,
  ],
  [
    () => {
      leaf().grad = zeros([3]);
    },
    "ERR_TENSOR",
    /^setGrad: Expected a tensor of x's shape \[2\], float32, on cpu for grad but received \[3\]/,
  ],
];

for (const [refused, code, message] of REFUSALS) {
  test(`${String(refused).slice(6).replaceAll(/\s+/g, " ")} is refused as ${code}, in a sentence`, () => {
    assert.throws(refused, (error) => error instanceof LibbertError && error.code === code);
    assert.throws(refused, { message });
  });
}

test("a second backward, and one after a change in place, are refused without a word of Python", () => {
  const twice = leaf().mul(leaf()).sum();
  twice.backward();
  assert.throws(() => twice.backward(), {
    message: /^backward: Expected results that backward\(\) has not been through/,
  });
  const x = leaf();
  const factor = ones([2]);
  const product = x.mul(factor).sum();
  noGrad(() => factor.add_(1));
  assert.throws(() => product.backward(), {
    message: /^backward: Expected the tensors that backward\(\) needs/,
  });
});

test("an argument's error names the argument for programs", () => {
  const call = native.softmax as (...args: unknown[]) => unknown;
  assert.throws(() => call(ones([2]).handle, "last"), { code: "ERR_OPTION", option: "dim" });
});
