import { expected } from "../errors.js";
import { cat, tensor } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

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

/** Whether pooling leaves one row for each text, or one for each token. */
export function rowsPer(pooling: Pooling): "sequence" | "token" {
  return pooling === "mean" || pooling === "cls" ? "sequence" : "token";
}

/**
 * Pools a packed batch; for `none` the layers still lie side by side.
 *
 * @param layers L hidden states, each [T, H]
 * @param cuSeqlens int32 [B + 1], on the CPU: where each text starts, and at the end T
 * @returns in float32, [B, L H] or [T, L H] as `rowsPer` says
 */
export function poolRows(layers: readonly Tensor[], cuSeqlens: Tensor, pooling: Pooling): Tensor {
  const tokens = cat(layers, 1).to("float32"); // [T, L H]
  if (rowsPer(pooling) === "token") return tokens;
  const bounds = cuSeqlens.toArray();
  const starts = bounds.subarray(0, -1);
  if (pooling === "cls")
    return tokens.indexSelect(0, tensor(Int32Array.from(starts), { device: tokens.device }));
  const meanOf = (start: number, text: number) =>
    scope(() => tokens.narrow(0, start, bounds[text + 1]! - start).mean([0], true));
  return cat(Array.from(starts, meanOf), 0);
}

/** Layers of a text one after the other instead of side by side: [n, L H] → [L, n, H]. */
export function layersApart(rows: Float32Array, layers: number, hiddenSize: number): Float32Array {
  const tokens = rows.length / (layers * hiddenSize);
  const apart = new Float32Array(rows.length);
  for (let layer = 0; layer < layers; layer++) {
    for (let token = 0; token < tokens; token++) {
      const from = (token * layers + layer) * hiddenSize;
      apart.set(rows.subarray(from, from + hiddenSize), (layer * tokens + token) * hiddenSize);
    }
  }
  return apart;
}
