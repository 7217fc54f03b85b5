import type { OnDevice } from "../../models/device-batch.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { HeadModel } from "../head.js";
import type { MaskedWordsBatch } from "./masked-batch.js";
import type { MaskedWordsTypes } from "./types.js";

/** What the model makes of a batch's masked words, and the words that were there, in tensors of the enclosing scope. */
export function maskedWordsLogits(
  { network }: HeadModel<MaskedWordsTypes>,
  { input, maskedPositions, maskedLabels }: OnDevice<MaskedWordsBatch>,
): { logits: Tensor /* [M, V] */; labels: Tensor /* int64 [M] */ } {
  const { encoded } = network.encode(input, maskedPositions);
  const logits = network.head.forward(encoded.lastHiddenState, network.encoder);
  return { logits, labels: maskedLabels.to("int64") };
}
