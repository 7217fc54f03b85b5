import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineEmbeddingLoss, cosineSimilarity, klDiv, normalize } from "../../lib/nn/functional.js";
import { einsum, oneHot, onesLike, tensor, where, zerosLike } from "../../lib/tensor/create.js";
import type { Found, Tensor } from "../../lib/tensor/tensor.js";
import { GoldenTensors } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";

const golden = new GoldenTensors("tensor_ops.safetensors");
const [x, y, z, square, batch, signs, ties] = ["x", "y", "z", "square", "batch", "signs", "ties"].map(
  (name) => golden.tensor(name),
) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
const [rows, places] = ["rows", "places"].map((name) => golden.tensor(name).to("int64")) as [Tensor, Tensor];
const booleans = x.gt(0.5);

const found = (name: string, { values, indices }: Found) => ({
  [`${name}.values`]: values,
  [`${name}.indices`]: indices,
});

/** What each golden result is here. */
const results: Record<string, Tensor> = {
  indexAdd: x.indexAdd(0, rows, y),
  scatterAdd: x.scatterAdd(0, places, y),
  max: x.max(),
  min: x.min(),
  ...found("maxAlong", x.max(1)),
  ...found("minAlong", x.min(0, true)),
  argmin: x.argmin(1),
  amin: x.amin([0]),
  logsumexp: x.logsumexp([1], true),
  logsumexpOfAll: x.logsumexp(),
  cumsum: x.cumsum(1),
  ...found("sort", x.sort(1)),
  ...found("sortOfTies", ties.sort(0, true)),
  ...found("topk", x.topk(2, 0)),
  std: x.std(),
  stdOfPopulation: x.std([1], false, 0),
  any: booleans.any([1]),
  all: booleans.all(),
  oneHot: oneHot(rows, 4),
  flatten: square.flatten(1),
  "split.1": square.split(2, 1)[1]!,
  "chunk.1": x.chunk(3, 1)[1]!,
  where: x.where(booleans, y),
  bmm: square.bmm(batch),
  einsum: einsum("bij,bjk->ik", [square, batch]),
  addcmul: x.clone().addcmul_(y, z, -0.5),
  silu: x.silu(),
  normalize: normalize(x, { dim: 0 }),
  normalizeByOne: normalize(x, { p: 1 }),
  norm: x.norm([1]),
  klDiv: klDiv(y.logSoftmax(-1), x.softmax(-1), "batchMean"),
  klDivOfLogs: klDiv(y.logSoftmax(-1), x.logSoftmax(-1), "sum", { logTarget: true }),
  cosineSimilarity: cosineSimilarity(x, y),
  cosineEmbeddingLoss: cosineEmbeddingLoss(x, y, signs, "none", { margin: 0.1 }),
};

test("the operations and losses have PyTorch's shapes and values", () => {
  const stored = golden.names().filter((name) => name.startsWith("result."));
  assert.deepEqual(
    stored.sort(),
    Object.keys(results)
      .map((name) => `result.${name}`)
      .sort(),
  );
  for (const [name, actual] of Object.entries(results)) {
    const expected = golden.tensor(`result.${name}`);
    assert.deepEqual(actual.shape, expected.shape, name);
    // float64 on both sides: a few roundings of sums of a dozen numbers near 1.
    assertClose(actual.toArray(), expected.toArray(), { relative: 1e-13, absolute: 1e-13 }, name);
  }
});

test("zerosLike and onesLike take shape and dtype from a tensor; zero_ keeps the memory", () => {
  const model = tensor([[1, 2]], { dtype: "int32" });
  const [zeros, ones] = [zerosLike(model), onesLike(model)];
  assert.deepEqual([zeros.dtype, zeros.shape, ...zeros.toArray()], ["int32", [1, 2], 0, 0]);
  assert.deepEqual([ones.dtype, ones.shape, ...ones.toArray()], ["int32", [1, 2], 1, 1]);
  const view = ones.select(0, 0);
  ones.zero_();
  assert.deepEqual([...view.toArray()], [0, 0]);
});

test("split cuts into parts of one size, the last of the rest, or into parts of given sizes; they are views", () => {
  const line = tensor([0, 1, 2, 3, 4]);
  const values = (parts: readonly Tensor[]) => parts.map((part) => [...part.toArray()]);
  assert.deepEqual(values(line.split(2)), [[0, 1], [2, 3], [4]]);
  assert.deepEqual(values(line.split([1, 4], -1)), [[0], [1, 2, 3, 4]]);
  assert.deepEqual(values(tensor([]).split(3)), [[]]);
  line.split(2)[1]!.fill_(9);
  assert.deepEqual([...line.toArray()], [0, 1, 9, 9, 4]);
  assert.throws(() => line.split(0), { code: "ERR_OPTION", message: /above 0 for size but received 0/ });
  assert.throws(() => line.split([1, 1]), { code: "ERR_TENSOR", message: /^split: / });
});

test("where takes numbers on either side", () => {
  const condition = tensor([1, 0], { dtype: "bool" });
  assert.deepEqual([...where(condition, 5, tensor([1, 2])).toArray()], [5, 2]);
  assert.deepEqual([...tensor([1, 2]).where(condition, -1).toArray()], [1, -1]);
});

test("std takes any correction from the number of elements", () => {
  const line = tensor([1, 2, 4, 8], { dtype: "float64" }); // squares of differences from the mean: 28.75
  for (const correction of [0, 0.5, 1, 2])
    assertClose([line.std([], false, correction).item()], [Math.sqrt(28.75 / (4 - correction))], {
      relative: 1e-13,
    });
  assert.deepEqual([...line.reshape([2, 2]).std([1], true, 2).toArray()], [Infinity, Infinity]); // PyTorch's
  assert.equal(line.std([0], true, 2).signature(), "float64[1]");
});
