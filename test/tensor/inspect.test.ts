import "../support/own-process.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Linear } from "../../lib/nn/linear.js";
import { arange, ones, tensor, zeros } from "../../lib/tensor/create.js";
import { liveTensors } from "../../lib/tensor/process.js";

test("console.log shows what a tensor is and its values, in columns", () => {
  const x = tensor([
    [1, -2.5],
    [10.125, 0],
  ]);
  x.requiresGrad = true;
  const lines = ["Tensor(float32[2, 2], cpu, requiresGrad)", "[[ 1.0000, -2.5000],", " [10.1250,  0.0000]]"];
  assert.equal(inspect(x), lines.join("\n"));
  assert.equal(inspect(tensor(0.5)), "Tensor(float32[], cpu) 0.5000");
  assert.equal(inspect(tensor([])), "Tensor(float32[0], cpu) []");
  assert.equal(inspect(tensor([1, 0], { dtype: "bool" })), "Tensor(bool[2], cpu) [ true, false]");
});

test("whole numbers are shown whole, very large and very small ones in powers of ten, and those that are none by name", () => {
  const shown = (values: number[]) => inspect(tensor(values)).replace(/^[^)]*\) /, "");
  assert.equal(shown([1, 20]), "[ 1, 20]");
  assert.equal(shown([1e-7, 0.5]), "[1.0000e-7, 5.0000e-1]");
  assert.equal(shown([NaN, Infinity, 0.5]), "[     NaN, Infinity,   0.5000]");
  const large = tensor(BigInt64Array.of(2n ** 62n + 1n));
  assert.equal(inspect(large), "Tensor(int64[1], cpu) [4611686018427387905]");
});

test("of more than a thousand elements the edges of each long dimension are shown", () => {
  assert.equal(
    inspect(arange(0, 2000)),
    "Tensor(int64[2000], cpu) [   0,    1,    2, ..., 1997, 1998, 1999]",
  );
  const lines = inspect(zeros([2, 900, 2])).split("\n");
  assert.deepEqual(lines.slice(0, 6), [
    "Tensor(float32[2, 900, 2], cpu)",
    "[[[0, 0],",
    "  [0, 0],",
    "  [0, 0],",
    "  ...,",
    "  [0, 0],",
  ]);
  assert.equal(lines.length, 1 + 2 * 7 + 1);
});

test("a huge view is shown without its elements being made", () => {
  assert.match(
    inspect(zeros([1]).expand([2 ** 40])),
    /^Tensor\(float32\[1099511627776\], cpu\) \[0, 0, 0, \.\.\., 0, 0, 0\]$/,
  );
});

test("showing a tensor leaves no other behind", () => {
  const x = ones([100, 100]);
  const before = liveTensors();
  inspect(x);
  assert.equal(liveTensors(), before);
});

test("a disposed tensor, and a module of such, can be shown", () => {
  const x = ones([2]);
  x.dispose();
  assert.equal(inspect(x), "Tensor(disposed)");
  const layer = new Linear(2, 3);
  layer.dispose();
  assert.equal(inspect(layer), "Linear(\n  weight: disposed\n  bias: disposed\n)");
});

test("inside objects that are too deep to show, a tensor is a line", () => {
  assert.equal(inspect({ a: { b: { c: { d: ones([2]) } } } }, { depth: 2 }).includes("[1, 1]"), false);
});
