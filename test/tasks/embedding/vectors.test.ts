import assert from "node:assert/strict";
import { test } from "node:test";
import { SENTENCE_POOLINGS } from "../../../lib/checkpoint/sentence/model.js";
import { pooledTokens } from "../../../lib/features/sentence-vector.js";
import { toEncoderInput } from "../../../lib/models/encoder-input.js";
import { packSequences } from "../../../lib/models/packing.js";
import { sentenceVectors } from "../../../lib/tasks/embedding/vectors.js";
import { tensor } from "../../../lib/tensor/create.js";
import { assertClose } from "../../support/tolerance.js";

const [LENGTHS, WIDTH] = [[3, 1, 5], 4];
const TOKENS = 9;
const sequences = LENGTHS.map((length) => ({
  inputIds: Array(length).fill(1),
  tokenTypeIds: Array(length).fill(0),
}));
const input = toEncoderInput(packSequences(sequences, [0, 1, 2]), "cpu");
const values = Float32Array.from({ length: TOKENS * WIDTH }, (_, i) => Math.sin(3 * i + 1));

function vectorsOf(
  hidden: Float32Array,
  poolings: readonly (typeof SENTENCE_POOLINGS)[number][],
  isNormalised = false,
) {
  const leaf = tensor(hidden, { shape: [TOKENS, WIDTH] });
  leaf.requiresGrad = true;
  return {
    leaf,
    vectors: sentenceVectors(leaf, input, [1, 1, 1], { poolings, isNormalised, longTexts: null }),
  };
}

for (const pooling of SENTENCE_POOLINGS) {
  test(`${pooling}: the vectors of training are those of embed(), and their gradient is that of finite differences`, () => {
    const { leaf, vectors } = vectorsOf(values, [pooling]);
    let start = 0;
    for (const [sequence, length] of LENGTHS.entries()) {
      const tokens = { values: values.subarray(start * WIDTH, (start + length) * WIDTH), hiddenSize: WIDTH };
      const own = vectors.narrow(0, sequence, 1).toFloat32Array();
      assertClose(own, pooledTokens(tokens, [pooling], 0), { absolute: 1e-6 });
      start += length;
    }
    vectors.mul(vectors).sum().backward();
    const gradient = leaf.grad!.toArray();
    const lossOf = (hidden: Float32Array) => {
      const { vectors: moved } = vectorsOf(hidden, [pooling]);
      return moved.mul(moved).sum().item();
    };
    for (let index = 0; index < values.length; index++) {
      const [up, down] = [1e-2, -1e-2].map((step) => {
        const moved = Float32Array.from(values);
        moved[index]! += step;
        return lossOf(moved);
      });
      assert.ok(Math.abs((up! - down!) / 2e-2 - gradient[index]!) < 1e-2, `number ${index}`); // float32 differences
    }
  });
}

test("poolings lie side by side, and normalised vectors have length 1", () => {
  const { vectors } = vectorsOf(values, ["cls", "mean"], true);
  assert.deepEqual(vectors.shape, [3, 8]);
  for (let row = 0; row < 3; row++)
    assert.ok(Math.abs(Math.hypot(...vectors.narrow(0, row, 1).toFloat32Array()) - 1) < 1e-6);
});
