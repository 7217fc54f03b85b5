import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { Embedding } from "../../lib/nn/embedding.js";
import { ones, tensor, zeros } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import { liveTensors } from "../../lib/tensor/process.js";
import { keep, scope } from "../../lib/tensor/scope.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

function leaf(values: number[]): Tensor {
  const x = tensor(values);
  x.requiresGrad = true;
  return x;
}

test("a hook sees the gradient of a leaf or of a result, and may change it on its way", () => {
  const x = leaf([1, 2]);
  const squares = x.mul(x);
  const seen: number[][] = [];
  squares.registerHook((gradient) => void seen.push([...gradient.toArray()]));
  squares.registerHook((gradient) => gradient.mul(10));
  x.registerHook((gradient) => gradient.add(1));
  squares.backward(tensor([1, 3]));
  assert.deepEqual(seen, [[1, 3]]);
  assert.deepEqual([...x.grad!.toArray()], [1 * 10 * 2 + 1, 3 * 10 * 4 + 1]);
});

test("a hook may change an embedding's gradient, which is sparse inside backward", () => {
  const words = new Embedding(4, 2);
  words.weight.registerHook((gradient) => gradient.mul(10));
  words
    .forward(tensor([3, 1, 3], { dtype: "int64" }))
    .sum()
    .backward();
  assert.deepEqual([...words.weight.grad!.toArray()], [0, 0, 10, 10, 0, 0, 20, 20]);
});

test("a hook that was removed is not called", () => {
  const x = leaf([1]);
  let calls = 0;
  const remove = x.registerHook(() => void calls++);
  x.mul(2).backward();
  remove();
  x.mul(2).backward();
  assert.equal(calls, 1);
  x.dispose();
  remove(); // of a tensor that is gone: nothing
});

test("what a hook throws comes out of backward, and a gradient that does not fit is refused", () => {
  const failure = new Error("from the hook");
  const throwing = leaf([1]);
  throwing.registerHook(() => {
    throw failure;
  });
  assert.throws(() => throwing.mul(2).backward(), failure);
  const wrong = leaf([1]);
  wrong.registerHook(() => zeros([3]));
  assert.throws(() => wrong.mul(2).backward(), {
    code: "ERR_TENSOR",
    message: /from the hook but received float32 \[3\]/,
  });
  const none = leaf([1]);
  none.registerHook((() => 5) as never);
  assert.throws(() => none.mul(2).backward(), { code: "ERR_OPTION", message: /result of a gradient's hook/ });
  assert.throws(() => ones([1]).registerHook(() => null), { code: "ERR_TENSOR", message: /requiresGrad/ });
});

test("hooks leave no tensor behind inside a scope, except one that they keep", () => {
  const x = leaf([1, 2]);
  let kept: Tensor | undefined;
  const before = liveTensors();
  scope(() => {
    const product = x.mul(2);
    product.registerHook((gradient) => {
      kept = keep(gradient.clone());
      return gradient.mul(2);
    });
    product.sum().backward();
  });
  assert.equal(liveTensors(), before + 1);
  assert.deepEqual([...kept!.toArray()], [1, 1]);
  kept!.dispose();
});

test("backward may run inside a hook", () => {
  const [x, y] = [leaf([2]), leaf([3])];
  x.registerHook(() => {
    native.setGradEnabled(true);
    y.mul(5).backward();
    native.setGradEnabled(false);
  });
  x.mul(7).backward();
  assert.deepEqual([x.grad!.item(), y.grad!.item()], [7, 5]);
});

test("an embedding's gradient is dense for whoever looks: in grad, which stays the same memory, and in a hook", () => {
  const table = new Embedding(4, 2);
  const shapes: (readonly number[])[] = [];
  table.weight.registerHook((gradient) => void shapes.push(gradient.shape));
  const lookUp = () =>
    table
      .forward(tensor([2, 0, 2], { dtype: "int64" }))
      .sum()
      .backward();
  lookUp();
  assert.deepEqual([...table.weight.grad!.toArray()], [1, 1, 0, 0, 2, 2, 0, 0]);
  lookUp();
  assert.deepEqual([...table.weight.grad!.toArray()], [2, 2, 0, 0, 4, 4, 0, 0]);
  table.weight.grad!.mul_(0.5);
  assert.deepEqual([...table.weight.grad!.toArray()], [1, 1, 0, 0, 2, 2, 0, 0]);
  assert.deepEqual(shapes, [
    [4, 2],
    [4, 2],
  ]);
});
