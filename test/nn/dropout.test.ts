import assert from "node:assert/strict";
import { test } from "node:test";
import { Dropout } from "../../lib/nn/dropout.js";
import { dropout, varlenAttention } from "../../lib/nn/functional.js";
import { LayerNorm } from "../../lib/nn/layer-norm.js";
import { cat, ones, randn, tensor, zeros } from "../../lib/tensor/create.js";
import { manualSeed, startDropoutStream } from "../../lib/tensor/random.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

const ids = (...values: number[]) => tensor(values, { dtype: "int64" });

/** Runs `body` with the dropout key that every call of this function has. */
function withSameKey<T>(body: () => T): T {
  startDropoutStream(1, 0);
  return body();
}

for (const dtype of ["float32", "bfloat16"] as const) {
  test(`dropout of ${dtype} zeroes a share p of the elements and scales the rest by 1 / (1 - p)`, () => {
    manualSeed(2);
    const [rows, width, p] = [500, 400, 0.2];
    const values = dropout(ones([rows, width], { dtype }), p).toArray();
    const kept = values.filter((value) => value !== 0);
    assert.deepEqual([...new Set(kept)], [1.25]); // also in bfloat16, exactly
    // Four standard errors of a share of 200,000.
    const share = 1 - kept.length / values.length;
    assert.ok(Math.abs(share - p) < 4 * Math.sqrt((p * (1 - p)) / values.length), `share ${share}`);
    for (const [row, count] of zerosByRow(values, width).entries()) {
      // Six standard errors of one row of 400: no row of 500 should be beyond.
      assert.ok(
        Math.abs(count / width - p) < 6 * Math.sqrt((p * (1 - p)) / width),
        `row ${row} has ${count} zeros`,
      );
    }
  });
}

function zerosByRow(values: Float64Array, width: number): number[] {
  return Array.from(
    { length: values.length / width },
    (_, row) => values.subarray(row * width, (row + 1) * width).filter((value) => value === 0).length,
  );
}

test("dropout with p = 0 is its input, with p = 1 nothing is left of it, and p outside [0, 1] is refused", () => {
  const x = ones([2, 2]);
  assert.equal(dropout(x, 0), x);
  assert.deepEqual([...dropout(x, 1).toArray()], [0, 0, 0, 0]);
  assert.throws(() => dropout(x, 1.5), /Expected a number from 0 to 1 for p but received 1.5/);
  assert.throws(() => dropout(x, Number.NaN), /for p but received NaN/);
});

test("two calls have different masks, the same call of a repeated step the same one", () => {
  const x = ones([8, 64]);
  const twoCalls = () => withSameKey(() => [dropout(x, 0.5).toArray(), dropout(x, 0.5).toArray()]);
  const [first, second] = twoCalls();
  assert.notDeepEqual(first, second);
  assert.deepEqual(twoCalls(), [first, second]);
});

test("a row's mask follows its row id, not its place in the batch", () => {
  const x = ones([3, 64]);
  const all = withSameKey(() => dropout(x, 0.5, ids(7, 2 ** 40, 9)));
  const moved = withSameKey(() => dropout(x, 0.5, ids(9, 5, 7)));
  const row = (t: Tensor, index: number) => t.select(0, index).toArray();
  assert.deepEqual(row(moved, 0), row(all, 2));
  assert.deepEqual(row(moved, 2), row(all, 0));
  assert.notDeepEqual(row(moved, 1), row(all, 1));
  const alone = withSameKey(() => dropout(ones([1, 64]), 0.5, ids(2 ** 40))); // an id beyond 32 bits
  assert.deepEqual(row(alone, 0), row(all, 1));
  const lowBits = withSameKey(() => dropout(ones([1, 64]), 0.5, ids(0)));
  assert.notDeepEqual(row(lowBits, 0), row(alone, 0));
});

test("the mask of addDropout follows the row id, too", () => {
  const norm = new LayerNorm(64);
  const residual = zeros([2, 64]);
  const both = withSameKey(() => norm.addDropout(ones([2, 64]), residual, 0.5, ids(3, 4)));
  const second = withSameKey(() => norm.addDropout(ones([1, 64]), zeros([1, 64]), 0.5, ids(4)));
  assert.deepEqual(second.toArray(), both.narrow(0, 1, 1).toArray());
});

test("a sequence's attention dropout is the same whatever stands beside it", () => {
  manualSeed(3);
  const [first, second] = [randn([5, 24]), randn([7, 24])];
  const attend = (qkv: Tensor, starts: number[], rowIds: Tensor) =>
    withSameKey(() => {
      const cuSeqlens = tensor(Int32Array.from(starts));
      return varlenAttention(qkv, { cuSeqlens, maxSeqlen: 7, numHeads: 2, dropout: 0.3, rowIds });
    });
  const firstIds = ids(10, 11, 12, 13, 14);
  const secondIds = ids(20, 21, 22, 23, 24, 25, 26);
  const alone = attend(second, [0, 7], secondIds);
  const together = attend(cat([first, second]), [0, 5, 12], cat([firstIds, secondIds]));
  assert.deepEqual(together.narrow(0, 5, 7).toArray(), alone.toArray());
  const swapped = attend(cat([second, first]), [0, 7, 12], cat([secondIds, firstIds]));
  assert.deepEqual(swapped.narrow(0, 0, 7).toArray(), alone.toArray());
});

test("the Dropout module drops only while training", () => {
  const module = new Dropout(0.5);
  const x = ones([4, 64]);
  assert.ok(module.forward(x).toArray().includes(0));
  module.eval();
  assert.equal(module.forward(x), x);
});
