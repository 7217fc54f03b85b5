import assert from "node:assert/strict";
import { test } from "node:test";
import type { SentencePooling } from "../../lib/checkpoint/sentence/model.js";
import { applyLayer, pooledTokens } from "../../lib/features/sentence-vector.js";
import { assertClose } from "../support/tolerance.js";

/** Three tokens of two units. */
const tokens = { values: Float32Array.of(1, -8, 3, 2, 5, -3), hiddenSize: 2 };
const CLOSE = { absolute: 1e-6 };

test("each pooling of sentence-transformers makes its vector, and several lie side by side", () => {
  const root = Math.sqrt(3);
  const wanted: [SentencePooling, number[]][] = [
    ["cls", [1, -8]],
    ["max", [5, 2]],
    ["mean", [3, -3]],
    ["mean_sqrt_len_tokens", [9 / root, -9 / root]],
    ["weightedmean", [(1 + 6 + 15) / 6, (-8 + 4 - 9) / 6]],
    ["lasttoken", [5, -3]],
  ];
  for (const [pooling, vector] of wanted)
    assertClose(pooledTokens(tokens, [pooling], 0), vector, CLOSE, pooling);
  assertClose(pooledTokens(tokens, ["lasttoken", "cls"], 0), [5, -3, 1, -8], CLOSE);
});

test("a prompt that is left out leaves the other tokens, with the weights of their places", () => {
  const wanted: [SentencePooling, number[]][] = [
    ["cls", [3, 2]],
    ["max", [5, 2]],
    ["mean", [4, -0.5]],
    ["weightedmean", [(6 + 15) / 5, (4 - 9) / 5]],
    ["lasttoken", [5, -3]],
  ];
  for (const [pooling, vector] of wanted)
    assertClose(pooledTokens(tokens, [pooling], 1), vector, CLOSE, pooling);
});

test("layers behind the pooling: normalisation, dense layers with residuals, LayerNorm", () => {
  const vector = Float32Array.of(3, 4);
  assertClose(applyLayer({ kind: "normalize" }, vector), [0.6, 0.8], CLOSE);
  const weight = { values: Float32Array.of(1, 0, 0, -2), rows: 2, columns: 2 };
  const dense = { kind: "dense", weight, bias: Float32Array.of(1, 0), residual: null } as const;
  assertClose(applyLayer({ ...dense, activation: "identity" }, vector), [4, -8], CLOSE);
  assertClose(applyLayer({ ...dense, activation: "relu" }, vector), [4, 0], CLOSE);
  assertClose(applyLayer({ ...dense, activation: "tanh" }, vector), [Math.tanh(4), Math.tanh(-8)], CLOSE);
  assertClose(applyLayer({ ...dense, activation: "identity", residual: "input" }, vector), [7, -4], CLOSE);
  assertClose(applyLayer({ ...dense, activation: "identity", residual: weight }, vector), [7, -16], CLOSE);
  const norm = { kind: "layer-norm", weight: Float32Array.of(2, 1), bias: Float32Array.of(0, 1) } as const;
  assertClose(applyLayer(norm, vector), [-2, 2], { absolute: 1e-3 });
  for (const layer of [norm, { ...dense, activation: "identity" } as const])
    assert.throws(() => applyLayer(layer, Float32Array.of(1, 2, 3)), {
      code: "ERR_CHECKPOINT",
      message: `Expected a ${layer.kind} layer for vectors of 3 numbers in modules.json but received one for 2`,
    });
});
