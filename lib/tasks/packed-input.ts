import { type PackableSequence, type PackedBatch, packSequences } from "../data/packing.js";
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

/** Enough tokens to keep the matrix units busy, few enough to stay in a few hundred megabytes. */
const TOKENS_PER_BATCH = 4096;

/** Packs sequences for prediction, in their order, as many to a batch as fit its budget of tokens. */
export function* inferenceBatches(sequences: readonly PackableSequence[]): Generator<PackedBatch> {
  let start = 0;
  let tokens = 0;
  for (const [index, { inputIds }] of sequences.entries()) {
    if (tokens > 0 && tokens + inputIds.length > TOKENS_PER_BATCH) {
      yield pack(sequences, start, index);
      start = index;
      tokens = 0;
    }
    tokens += inputIds.length;
  }
  if (start < sequences.length) yield pack(sequences, start, sequences.length);
}

function pack(sequences: readonly PackableSequence[], start: number, end: number): PackedBatch {
  return packSequences(
    sequences.slice(start, end),
    Array.from({ length: end - start }, (_, offset) => start + offset),
  );
}
