import { crossEntropySum } from "../../nn/functional.js";
import { tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { HeadModel } from "../head.js";
import type { MaskedWordsBatch } from "./masked-batch.js";
import type { MaskedWordsTypes } from "./types.js";

/** What the model makes of a batch, in tensors of the enclosing scope. */
export interface MaskedWordsOutput {
  /** Until `backward()`, which writes over them. */
  logits: Tensor; // [M, V]
  /** The words that were there. */
  labels: Tensor; // int64 [M]
  /** The cross entropies of all masked words together. */
  lossSum: Tensor; // []
}

export function maskedWordsOutput(
  model: HeadModel<MaskedWordsTypes>,
  { packed, maskedPositions, maskedLabels }: MaskedWordsBatch,
): MaskedWordsOutput {
  const { network, compute } = model;
  const { device } = compute;
  const positions = tensor(maskedPositions, { device });
  const { encoded } = model.encode(packed, positions);
  const logits = network.head.forward(encoded.lastHiddenState, network.encoder);
  const labels = tensor(maskedLabels, { dtype: "int64", device });
  return { logits, labels, lossSum: crossEntropySum(logits, labels) };
}
