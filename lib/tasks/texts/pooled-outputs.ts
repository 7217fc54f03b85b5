import type { LongTexts } from "../../features/long-texts.js";
import { cat } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";

/**
 * The outputs of texts, made of those of their windows.
 *
 * @param outputs of W windows, those of a text one after the other: [W, labels]
 * @param counts how many windows each of B texts has
 * @returns [B, labels]
 */
export function pooledOutputs(
  outputs: Tensor,
  counts: readonly number[],
  longTexts: Pick<LongTexts, "pooling"> | null,
): Tensor {
  if (longTexts === null || counts.length === outputs.shape[0]) return outputs;
  let first = 0;
  const rows = counts.map((count) => {
    const windows = outputs.narrow(0, first, count);
    first += count;
    if (count === 1) return windows;
    return longTexts.pooling === "mean" ? windows.mean([0], true) : windows.amax([0], true);
  });
  return cat(rows, 0);
}
