import assert from "node:assert/strict";
import { test } from "node:test";
import { clippingScale } from "../../lib/optim/gradient-scale.js";
import { tensor } from "../../lib/tensor/create.js";

const scaleOf = (loss: number, norm: number, maxNorm: number) => {
  const double = (value: number) => tensor(Float64Array.of(value), { shape: [] });
  const scale = clippingScale(double(loss), double(norm), maxNorm);
  assert.equal(scale.dtype, "float32");
  assert.deepEqual(scale.shape, []);
  return scale.item();
};

test("a norm above the largest is scaled down to it, and one below stays", () => {
  for (const [norm, maxNorm] of [
    [3, 1],
    [7.25, 0.1],
    [0.5, 1],
    [0, 1],
    [2, 0],
  ] as const) {
    // In float64, then rounded once: the same bits as on the host.
    assert.equal(scaleOf(-0.7, norm, maxNorm), Math.fround(Math.min(1, maxNorm / (norm + 1e-6))));
  }
});

test("the scale is NaN where the loss or the norm is not finite", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  for (const [loss, norm] of [
    [nan, 1],
    [1, nan],
    [infinity, 1],
    [1, infinity],
    [-infinity, infinity],
  ] as const) {
    assert.ok(Number.isNaN(scaleOf(loss, norm, 1)), `loss ${loss}, norm ${norm}`);
  }
});
