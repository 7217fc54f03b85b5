import assert from "node:assert/strict";
import { test } from "node:test";
import { noGrad } from "../../lib/tensor/autograd.js";
import { arange, cat, empty, full, ones, stack, tensor, where, zeros } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { native } from "../../lib/tensor/native.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { assertClose } from "../support/tolerance.js";

function assertTensor(
  actual: Tensor,
  dtype: DType,
  shape: readonly number[],
  values: readonly number[],
): void {
  assert.deepEqual(
    { dtype: actual.dtype, shape: actual.shape, values: [...actual.toArray()] },
    { dtype, shape, values },
  );
}

test("nested arrays become a float32 tensor of their shape, or of the dtype that is asked for", () => {
  assertTensor(
    tensor([
      [1, 2, 3],
      [4, 5, 6.5],
    ]),
    "float32",
    [2, 3],
    [1, 2, 3, 4, 5, 6.5],
  );
  assertTensor(tensor(7), "float32", [], [7]);
  assertTensor(tensor([]), "float32", [0], []);
  assertTensor(tensor([[], []]), "float32", [2, 0], []);
  assertTensor(tensor([0, 1, 2], { dtype: "bool" }), "bool", [3], [0, 1, 1]);
  assertTensor(tensor([2 ** 40 + 1, -3], { dtype: "int64" }), "int64", [2], [2 ** 40 + 1, -3]);
  assertTensor(tensor([1, 2, 3, 4], { shape: [2, 2] }), "float32", [2, 2], [1, 2, 3, 4]);
});

test("arrays of different lengths are refused", () => {
  assert.throws(() => tensor([[1, 2], [3]]), { name: "LibbertError", code: "ERR_OPTION" });
});

test("a typed array keeps its element type and is copied", () => {
  const typed = [
    ["float32", Float32Array.of(1.5, -2)],
    ["float64", Float64Array.of(1.5, -2)],
    ["int32", Int32Array.of(5, -2)],
    ["int64", BigInt64Array.of(5n, -2n)],
    ["uint8", Uint8Array.of(5, 254)],
  ] as const;
  for (const [dtype, data] of typed) {
    const made = tensor(data);
    const values = Array.from(data, Number);
    new Uint8Array(data.buffer).fill(0);
    assertTensor(made, dtype, [2], values);
  }
  const inside = new Float32Array([9, 9, 1, 2]).subarray(2); // a view that does not start at byte 0
  assertTensor(tensor(inside), "float32", [2], [1, 2]);
});

test("toArray gives the elements row by row, also of views and of two-byte floats", () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.deepEqual([...x.transpose(0, 1).toArray()], [1, 4, 2, 5, 3, 6]);
  assert.deepEqual([...x.narrow(1, 1, 2).toArray()], [2, 3, 5, 6]);
  assert.deepEqual([...x.to("bfloat16").toArray()], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(x.toFloat32Array(), Float32Array.of(1, 2, 3, 4, 5, 6));
  assert.deepEqual(tensor(Int32Array.of(1, 258)).toBytes(), Uint8Array.of(1, 0, 0, 0, 2, 1, 0, 0));
});

test("zeros, ones, full, arange and empty have their shape, value and dtype", () => {
  assertTensor(zeros([2]), "float32", [2], [0, 0]);
  assertTensor(ones([1, 2], { dtype: "int32" }), "int32", [1, 2], [1, 1]);
  assertTensor(full([2], 2.5, { dtype: "float64" }), "float64", [2], [2.5, 2.5]);
  assertTensor(arange(2, 5), "int64", [3], [2, 3, 4]);
  assert.deepEqual(empty([3, 0, 2]).shape, [3, 0, 2]);
  assert.equal(empty([3, 4]).size, 12);
  assert.equal(zeros([1]).device, "cpu");
});

test("a number takes the tensor's dtype: whole ones keep integers whole, others make them float", () => {
  const promoted: [DType, number, DType][] = [
    ["int64", 1, "int64"],
    ["int32", -3, "int32"],
    ["uint8", 1, "uint8"],
    ["int64", 0.5, "float32"],
    ["bfloat16", 0.5, "bfloat16"],
    ["float16", 2, "float16"],
    ["float64", 0.1, "float64"],
  ];
  for (const [dtype, number, result] of promoted) {
    assert.equal(ones([2], { dtype }).add(number).dtype, result, `${dtype} + ${number}`);
  }
  assertTensor(tensor([2 ** 40], { dtype: "int64" }).add(1), "int64", [1], [2 ** 40 + 1]);
  assertTensor(tensor([3], { dtype: "int64" }).div(2), "float32", [1], [1.5]);
  assertTensor(tensor([1, 2]).add(2 ** 60), "float32", [2], [2 ** 60, 2 ** 60]);
});

test("two dtypes meet in the one that holds both, as in PyTorch", () => {
  const of = (dtype: DType) => ones([2], { dtype });
  assert.equal(of("int32").add(of("int64")).dtype, "int64");
  assert.equal(of("int64").mul(of("float32")).dtype, "float32");
  assert.equal(of("bfloat16").add(of("float16")).dtype, "float32");
  assert.equal(of("float32").add(ones([], { dtype: "float64" })).dtype, "float32"); // one element has no say
});

test("shapes are broadcast from the right", () => {
  const column = tensor([[1], [2]]);
  assertTensor(column.add(tensor([10, 20, 30])), "float32", [2, 3], [11, 21, 31, 12, 22, 32]);
  assertTensor(column.gt(1), "bool", [2, 1], [0, 1]);
  assert.throws(() => ones([2, 3]).add(ones([2])), /^LibbertError: add: .*size/);
});

test("elementwise functions have the values of JavaScript's Math", () => {
  const values = [-1.5, -0.2, 0.3, 2];
  const x = tensor(values, { dtype: "float64" });
  const cases: [string, Tensor, (v: number) => number][] = [
    ["exp", x.exp(), Math.exp],
    ["tanh", x.tanh(), Math.tanh],
    ["abs", x.abs(), Math.abs],
    ["log", x.abs().log(), (v) => Math.log(Math.abs(v))],
    ["sqrt", x.abs().sqrt(), (v) => Math.sqrt(Math.abs(v))],
    ["sigmoid", x.sigmoid(), (v) => 1 / (1 + Math.exp(-v))],
    ["relu", x.relu(), (v) => Math.max(0, v)],
    ["clamp", x.clamp(-1, 1), (v) => Math.min(1, Math.max(-1, v))],
    ["pow", x.pow(2), (v) => v ** 2],
    ["neg, sub, div", x.neg().sub(1).div(4), (v) => (-v - 1) / 4],
  ];
  // Both sides round each function once or twice.
  for (const [name, actual, f] of cases)
    assertClose(actual.toArray(), values.map(f), { relative: 1e-14 }, name);
});

test("comparisons give booleans that where and maskedFill choose by", () => {
  const x = tensor([1, 2, 3]);
  assertTensor(x.ge(2), "bool", [3], [0, 1, 1]);
  assertTensor(x.eq(tensor([1, 5, 3])), "bool", [3], [1, 0, 1]);
  assertTensor(x.ne(2), "bool", [3], [1, 0, 1]);
  assertTensor(x.lt(2), "bool", [3], [1, 0, 0]);
  assertTensor(x.le(2), "bool", [3], [1, 1, 0]);
  assertTensor(where(x.gt(1), x, -1), "float32", [3], [-1, 2, 3]);
  assertTensor(x.maskedFill(x.gt(2), 0), "float32", [3], [1, 2, 0]);
});

test("reductions take the named dimensions, or all", () => {
  const x = tensor([
    [1, 2, 3],
    [6, 5, 4],
  ]);
  assertTensor(x.sum(), "float32", [], [21]);
  assertTensor(x.sum([0]), "float32", [3], [7, 7, 7]);
  assertTensor(x.mean([1], true), "float32", [2, 1], [2, 5]);
  assertTensor(x.amax([1]), "float32", [2], [3, 6]);
  assertTensor(x.argmax(1), "int64", [2], [2, 0]);
  assert.equal(tensor([3, 4]).norm().item(), 5);
  const { values, indices } = x.topk(2);
  assertTensor(values, "float32", [2, 2], [3, 2, 6, 5]);
  assertTensor(indices, "int64", [2, 2], [2, 1, 0, 1]);
});

test("products, softmax and its logarithm have their textbook values", () => {
  const x = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { dtype: "float64" },
  );
  assertTensor(
    x.matmul(
      tensor(
        [
          [5, 6],
          [7, 8],
        ],
        { dtype: "float64" },
      ),
    ),
    "float64",
    [2, 2],
    [19, 22, 43, 50],
  );
  const softmax = [1 / (1 + Math.E), Math.E / (1 + Math.E)];
  assertClose(x.softmax(1).toArray(), [...softmax, ...softmax], { relative: 1e-14 });
  assertClose(x.logSoftmax(1).exp().toArray(), [...softmax, ...softmax], { relative: 1e-14 });
});

test("views and joins rearrange elements as in PyTorch", () => {
  const x = arange(0, 6).reshape([2, 3]);
  assertTensor(x.permute([1, 0]), "int64", [3, 2], [0, 3, 1, 4, 2, 5]);
  assertTensor(x.select(1, 2), "int64", [2], [2, 5]);
  assertTensor(x.unsqueeze(0).squeeze(0), "int64", [2, 3], [0, 1, 2, 3, 4, 5]);
  assertTensor(tensor([[1], [2]]).expand([2, 2]), "float32", [2, 2], [1, 1, 2, 2]);
  assertTensor(x.indexSelect(0, arange(1, 2)), "int64", [1, 3], [3, 4, 5]);
  assertTensor(x.gather(1, tensor([[2], [0]], { dtype: "int64" })), "int64", [2, 1], [2, 3]);
  assertTensor(cat([x, x.narrow(0, 0, 1)]), "int64", [3, 3], [0, 1, 2, 3, 4, 5, 0, 1, 2]);
  assertTensor(stack([arange(0, 2), arange(2, 4)], 1), "int64", [2, 2], [0, 2, 1, 3]);
});

test("a method whose name ends with _ changes the tensor, and every view of it", () => {
  const x = zeros([2, 2]);
  const row = x.select(0, 1);
  row.add_(1).mul_(3);
  assert.deepEqual([...x.toArray()], [0, 0, 3, 3]);
  x.copy_(tensor([5, 6]));
  assert.deepEqual([...row.toArray()], [5, 6]);
  x.clone().fill_(0);
  assert.deepEqual([...x.toArray()], [5, 6, 5, 6]);
});

test("elements of another type are copied out of memory into a tensor, which may be a view", () => {
  const x = zeros([2, 3]);
  x.narrow(1, 1, 2).copyBytes_(new Uint8Array(BigInt64Array.of(1n, -2n, 3n, 4n).buffer), "int64");
  assertTensor(x, "float32", [2, 3], [0, 1, -2, 0, 3, 4]);
  x.narrow(0, 2, 0).copyBytes_(new Uint8Array(0), "int64");
});

test("backward adds to grad of every leaf, and grad can be set and cleared", () => {
  const x = tensor([1, 2, 3]);
  x.requiresGrad = true;
  assert.equal(x.grad, null);
  x.mul(x).sum().backward();
  x.mul(x).sum().backward();
  assert.deepEqual([...x.grad!.toArray()], [4, 8, 12]);
  x.grad = zeros([3]);
  assert.deepEqual([...x.grad!.toArray()], [0, 0, 0]);
  x.grad = null;
  assert.equal(x.grad, null);
  assert.equal(x.detach().requiresGrad, false);
});

test("backward from a tensor of several elements is refused with its shape", () => {
  const x = ones([3]);
  x.requiresGrad = true;
  assert.throws(() => x.mul(2).backward(), {
    message: "backward: Expected a loss of one element but received shape [3]",
  });
});

test("backward from a tensor of several elements starts from the gradient that is given", () => {
  const x = tensor([1, 2, 3]);
  x.requiresGrad = true;
  x.mul(x).backward(tensor([1, 0.5, -2]));
  assert.deepEqual([...x.grad!.toArray()], [2, 2, -12]);
  assert.throws(() => x.mul(2).backward(tensor([1, 2])), {
    message: /of shape \[3\] for gradient but received \[2\]/,
  });
});

test("noGrad records nothing, and recording is on again after a throw", () => {
  const x = ones([2]);
  x.requiresGrad = true;
  assert.equal(noGrad(() => x.mul(2)).requiresGrad, false);
  assert.throws(() =>
    noGrad(() => {
      throw new Error("from the body");
    }),
  );
  assert.equal(native.isGradEnabled(), true);
  assert.equal(x.mul(2).requiresGrad, true);
  noGrad(() => {
    noGrad(() => {});
    assert.equal(native.isGradEnabled(), false); // the inner one puts back what it found
  });
});
