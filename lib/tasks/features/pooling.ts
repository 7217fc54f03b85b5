import { expected } from "../../errors.js";
import { cat } from "../../tensor/create.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";

/**
 * What becomes of a text's tokens, n with `[CLS]` and `[SEP]`, at L layers of H units:
 *
 * - `mean`: their mean, layers side by side, [L H]
 * - `cls`: the first token alone, layers side by side, [L H]
 * - `concat`: every token, layers side by side, [n, L H]: the paper's feature-based approach (section 5.3)
 * - `none`: every token of every layer, [L, n, H]
 */
export type Pooling = "mean" | "cls" | "concat" | "none";

/** The shape of what a text of `tokens` tokens becomes. */
export function pooledShape(
  pooling: Pooling,
  { layers, tokens, hiddenSize }: { layers: number; tokens: number; hiddenSize: number },
): number[] {
  if (pooling === "none") return [layers, tokens, hiddenSize];
  return pooling === "concat" ? [tokens, layers * hiddenSize] : [layers * hiddenSize];
}

/**
 * The hidden states that are meant by `layers`: 0 is the embeddings' output, 1 the first layer's; -1 is the last layer's,
 * -2 the one before.
 *
 * @param hiddenStates of the embeddings and of every layer
 * @throws LibbertError ERR_OPTION when there is no such layer
 */
export function selectLayers(hiddenStates: readonly Tensor[], layers: readonly number[]): Tensor[] {
  return layers.map((layer) => {
    const hidden = hiddenStates.at(layer);
    const exists = hidden !== undefined && Number.isInteger(layer);
    if (exists && layer >= -hiddenStates.length) return hidden;
    const last = hiddenStates.length - 1;
    throw expected(`integers from ${-last - 1} to ${last} (0: the embeddings)`, "layers", layer);
  });
}

/**
 * Takes a packed batch apart into the features of its texts.
 *
 * @param layers hidden states, each [T, H]
 * @param cuSeqlens [B + 1], where each text starts, and at the end T
 * @returns B arrays, each as `pooledShape` says, row-major
 */
export function poolFeatures(
  layers: readonly Tensor[],
  cuSeqlens: Int32Array,
  pooling: Pooling,
): Float32Array[] {
  return Array.from(cuSeqlens.subarray(1), (end, text) =>
    scope(() => {
      const start = cuSeqlens[text]!;
      const length = pooling === "cls" ? 1 : end - start;
      const own = layers.map((layer) => layer.narrow(0, start, length).to("float32")); // L times [n, H]
      if (pooling === "none") return cat(own, 0).toFloat32Array();
      const joined = pooling === "mean" ? own.map((layer) => layer.mean([0], true)) : own;
      return cat(joined, 1).toFloat32Array();
    }),
  );
}

/** A vector of length 1 in the same direction; one of zeros stays as it is. */
export function normalised(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}
