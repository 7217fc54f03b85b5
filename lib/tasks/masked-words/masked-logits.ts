import { tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { HeadModel } from "../head.js";
import type { MaskedWordsBatch } from "./masked-batch.js";
import type { MaskedWordsTypes } from "./types.js";

/** What the model makes of a batch's masked words, and the words that were there, in tensors of the enclosing scope. */
export function maskedWordsLogits(
  model: HeadModel<MaskedWordsTypes>,
  { packed, maskedPositions, maskedLabels }: MaskedWordsBatch,
): { logits: Tensor /* [M, V] */; labels: Tensor /* int64 [M] */ } {
  const { network, compute } = model;
  const { device } = compute;
  const positions = tensor(maskedPositions, { device });
  const { encoded } = model.encode(packed, positions);
  const logits = network.head.forward(encoded.lastHiddenState, network.encoder);
  const labels = tensor(maskedLabels, { dtype: "int64", device });
  return { logits, labels };
}
