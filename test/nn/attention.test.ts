import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { varlenAttention } from "../../lib/nn/functional.js";
import { arange, cat, randn, tensor, zeros } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { assertClose } from "../support/tolerance.js";

const LENGTHS = [1, 70, 2, 33];
const HEADS = 2;
const HEAD_SIZE = 16;
const HIDDEN = HEADS * HEAD_SIZE;
const TOKENS = LENGTHS.reduce((sum, length) => sum + length);

function attention(qkv: Tensor, causal: boolean, lengths = LENGTHS): Tensor {
  const ends = lengths.map((_, index) => lengths.slice(0, index + 1).reduce((sum, length) => sum + length));
  const cuSeqlens = tensor(Int32Array.from([0, ...ends]));
  return varlenAttention(qkv, { cuSeqlens, maxSeqlen: Math.max(...lengths), numHeads: HEADS, causal });
}

/** The textbook's attention of each sequence: all scores, minus infinity above the diagonal, softmax. */
function reference(qkv: Tensor, causal: boolean): Tensor {
  let start = 0;
  const outputs = LENGTHS.map((length) => {
    const rows = qkv.narrow(0, start, length);
    start += length;
    const part = (index: number) =>
      rows
        .narrow(1, index * HIDDEN, HIDDEN)
        .reshape([length, HEADS, HEAD_SIZE])
        .transpose(0, 1); // [heads, length, headSize]
    const scores = part(0).matmul(part(1).transpose(1, 2)).div(Math.sqrt(HEAD_SIZE));
    const places = arange(0, length);
    const later = places.unsqueeze(0).gt(places.unsqueeze(1)); // [query, key]
    const visible = causal ? scores.maskedFill(later, Number.NEGATIVE_INFINITY) : scores;
    return visible.softmax(-1).matmul(part(2)).transpose(0, 1).reshape([length, HIDDEN]);
  });
  return cat(outputs);
}

/** Output and gradient for a fixed gradient of the output. */
function run(compute: (qkv: Tensor) => Tensor, values: Tensor, outputGradient: Tensor) {
  const qkv = values.clone();
  qkv.requiresGrad = true;
  qkv.grad = zeros(qkv.shape, { dtype: qkv.dtype });
  const output = compute(qkv);
  output.mul(outputGradient.to(qkv.dtype)).sum().backward();
  return { output: output.toArray(), gradient: qkv.grad.toArray() };
}

for (const causal of [true, false]) {
  const mask = causal ? "a triangular mask" : "no mask";
  test(`attention with ${mask} and its gradient are those of float64 matrices`, () => {
    const values = randn([TOKENS, 3 * HIDDEN]);
    const outputGradient = randn([TOKENS, HIDDEN]);
    const expected = run((qkv) => reference(qkv, causal), values.to("float64"), outputGradient);
    // float64 shows that the formula is the same, float32 that its sums of up to 70 products keep their digits.
    for (const [dtype, absolute] of [
      ["float64", 1e-12],
      ["float32", 1e-5],
    ] as const) {
      const actual = run((qkv) => attention(qkv, causal), values.to(dtype), outputGradient);
      assertClose(actual.output, expected.output, { absolute }, `${dtype} output`);
      assertClose(actual.gradient, expected.gradient, { absolute }, `${dtype} gradient`);
    }
  });
}

test("with causal, what comes later changes nothing before it", () => {
  const length = 20;
  const values = randn([length, 3 * HIDDEN]);
  const changed = cat([values.narrow(0, 0, 12), randn([8, 3 * HIDDEN])]);
  const firstTwelve = (qkv: Tensor, causal: boolean) =>
    attention(qkv, causal, [length]).narrow(0, 0, 12).toArray();
  assert.deepEqual(firstTwelve(changed, true), firstTwelve(values, true));
  assert.notDeepEqual(firstTwelve(changed, false), firstTwelve(values, false));
});
