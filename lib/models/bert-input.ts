import type { Tensor } from "../tensor/tensor.js";

/** A packed batch as the model takes it: B sequences laid end to end in T tokens, without padding or mask. */
export interface BertInput {
  inputIds: Tensor; // int32 [T]
  tokenTypeIds: Tensor; // int32 [T]
  positionIds: Tensor; // int32 [T]
  cuSeqlens: Tensor; // int32 [B + 1], on the CPU
  maxSeqlen: number;
  /** Names each token for its dropout masks. */
  rowIds: Tensor; // int64 [T]
  /** Hide from each token what comes after it. Default: false. */
  causal?: boolean;
}
