import type { PackedBatch } from "../data/packing.js";
import type { BertInput } from "../models/bert-input.js";
import { tensor } from "../tensor/create.js";

/** Copies a packed batch to the model's device. */
export function toBertInput(batch: PackedBatch, device: string): BertInput {
  return {
    inputIds: tensor(batch.inputIds, { device }),
    tokenTypeIds: tensor(batch.tokenTypeIds, { device }),
    positionIds: tensor(batch.positionIds, { device }),
    cuSeqlens: tensor(batch.cuSeqlens),
    maxSeqlen: batch.maxSeqlen,
    rowIds: tensor(batch.rowIds, { device }),
  };
}
