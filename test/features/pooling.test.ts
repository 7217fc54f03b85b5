import assert from "node:assert/strict";
import { test } from "node:test";
import {
  layersApart,
  type Pooling,
  pooledShape,
  poolRows,
  rowsPer,
  selectLayers,
} from "../../lib/features/pooling.js";
import { normalised } from "../../lib/features/sentence-vector.js";
import { tensor } from "../../lib/tensor/create.js";
import { GoldenTensors } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";

const golden = new GoldenTensors("tiny_forward.safetensors");
const HIDDEN_SIZE = 32;
const LAYERS = [2, 0, 1]; // not in their order
const states = [0, 1, 2].map((index) => golden.values(`hidden_states.${index}`));
const cuSeqlens = Int32Array.from(golden.values("cu_seqlens"));
const texts = [...cuSeqlens.keys()].slice(0, -1);

/** What element by element should be in the features of a text. */
function expectedOf(text: number, pooling: Pooling): number[] {
  const [start, end] = [cuSeqlens[text]!, cuSeqlens[text + 1]!];
  const vector = (layer: number, token: number) =>
    states[layer]!.subarray(token * HIDDEN_SIZE, (token + 1) * HIDDEN_SIZE);
  const tokens = Array.from({ length: end - start }, (_, index) => start + index);
  const mean = (layer: number) =>
    Array.from({ length: HIDDEN_SIZE }, (_, unit) =>
      tokens.reduce((sum, token) => sum + vector(layer, token)[unit]! / tokens.length, 0),
    );
  if (pooling === "mean") return LAYERS.flatMap(mean);
  if (pooling === "cls") return LAYERS.flatMap((layer) => [...vector(layer, start)]);
  if (pooling === "none") return LAYERS.flatMap((layer) => tokens.flatMap((t) => [...vector(layer, t)]));
  return tokens.flatMap((token) => LAYERS.flatMap((layer) => [...vector(layer, token)]));
}

for (const pooling of ["mean", "cls", "concat", "none"] as const) {
  test(`${pooling}: each text of a packed batch gets its own tokens' features, in the order of the layers`, () => {
    const hiddenStates = [0, 1, 2].map((index) => golden.tensor(`hidden_states.${index}`));
    const rows = poolRows(selectLayers(hiddenStates, LAYERS), golden.tensor("cu_seqlens"), pooling);
    const width = LAYERS.length * HIDDEN_SIZE;
    assert.deepEqual(rows.shape, [rowsPer(pooling) === "sequence" ? texts.length : cuSeqlens.at(-1), width]);

    const values = rows.toFloat32Array();
    const starts = rowsPer(pooling) === "sequence" ? [...texts, texts.length] : cuSeqlens;
    for (const text of texts) {
      const own = values.subarray(starts[text]! * width, starts[text + 1]! * width);
      const features = pooling === "none" ? layersApart(own, LAYERS.length, HIDDEN_SIZE) : own;
      // A float32 mean of up to 64 values below 10; the others are copies.
      const absolute = pooling === "mean" ? 1e-6 : 0;
      assertClose(features, expectedOf(text, pooling), { absolute }, `text ${text}`);
    }
  });
}

test("the shape of a text's features tells what stands where", () => {
  const sizes = { layers: 4, tokens: 7, hiddenSize: 32 };
  const shapes = { mean: [128], cls: [128], concat: [7, 128], none: [4, 7, 32] };
  for (const [pooling, shape] of Object.entries(shapes))
    assert.deepEqual(pooledShape(pooling as Pooling, sizes), shape);
});

test("layers count from the embeddings, or with a minus from the last", () => {
  const hiddenStates = [10, 20, 30].map((value) => tensor([[value]]));
  const values = (...layers: number[]) => selectLayers(hiddenStates, layers).map((layer) => layer.item());
  assert.deepEqual(values(0, 1, 2), [10, 20, 30]);
  assert.deepEqual(values(-1, -2, -3), [30, 20, 10]);
  for (const layer of [3, -4, 0.5, Number.NaN]) {
    assert.throws(() => values(-1, layer), {
      code: "ERR_OPTION",
      message: `Expected integers from -3 to 2 (0: the embeddings) for layers but received ${layer}`,
    });
  }
});

test("a normalised vector has length 1 and its old direction; one of zeros stays", () => {
  assertClose(normalised(Float32Array.of(3, 0, -4)), [0.6, 0, -0.8], { absolute: 1e-7 });
  assert.deepEqual(normalised(new Float32Array(3)), new Float32Array(3));
});
