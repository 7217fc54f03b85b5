import { tensor } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";
import type { PackedBatch } from "./packing.js";

/** A packed batch as an encoder takes it: B sequences laid end to end in T tokens, without padding or mask. */
export interface EncoderInput {
  /** int32 [T]: the tokens of all sequences, laid end to end. */
  inputIds: Tensor;
  /** int32 [T]: the segment of each token, 0 or 1. */
  tokenTypeIds: Tensor;
  /** int32 [T]: a token's position within its sequence, from 0. */
  positionIds: Tensor;
  /** int32 [B + 1], on the CPU or with the tokens: where each sequence starts, and at the end T. */
  cuSeqlens: Tensor;
  /** int32 [B + P + 1]: the same for the layers, where P sequences at the batch's end are none of its own. Default: `cuSeqlens` */
  layerOffsets?: Tensor;
  /** The tokens of the longest sequence. */
  maxSeqlen: number;
  /** int64 [T]: names each token for its dropout masks. */
  rowIds: Tensor;
  /** The batch on the CPU, for positions that depend on the tokens. */
  packed?: PackedBatch;
  /** Vectors of the tokens' words, [T, E], in the place of those that the model has for their ids. */
  wordVectors?: Tensor;
  /** Hide from each token what comes after it. Default: false. */
  causal?: boolean;
  /**
   * int32 [R]: the tokens whose last hidden states are read, in their order. Of the last layer, the others have attention alone.
   * Default: all tokens
   */
  outputTokens?: Tensor;
}

/** Copies a packed batch to the model's device. @param offsetsOn where `cuSeqlens` go. Default: the CPU, which can then read them */
export function toEncoderInput(batch: PackedBatch, device: string, offsetsOn = "cpu"): EncoderInput {
  return {
    inputIds: tensor(batch.inputIds, { device }),
    tokenTypeIds: tensor(batch.tokenTypeIds, { device }),
    positionIds: tensor(batch.positionIds, { device }),
    cuSeqlens: tensor(batch.cuSeqlens, { device: offsetsOn }),
    ...(batch.layerOffsets && { layerOffsets: tensor(batch.layerOffsets, { device }) }),
    maxSeqlen: batch.maxSeqlen,
    rowIds: tensor(batch.rowIds, { device }),
    packed: batch,
  };
}

/** What layers take: sequences' offsets where the layers compute, sent there once for all of them. */
export function withOffsetsOnDevice(input: EncoderInput): EncoderInput {
  const { device } = input.rowIds;
  return device === "cpu" ? input : { ...input, cuSeqlens: input.cuSeqlens.to("int32", device) };
}

/** The place of each sequence's first token in the batch: int32 [B], on the device of the hidden states. */
export function firstTokens({ cuSeqlens, rowIds }: EncoderInput): Tensor {
  return cuSeqlens.narrow(0, 0, cuSeqlens.size - 1).to("int32", rowIds.device);
}
