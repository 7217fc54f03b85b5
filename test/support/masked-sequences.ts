import type { PackedBatch } from "../../lib/models/packing.js";

/** A batch with masked words in it. */
interface MaskedBatch {
  packed: PackedBatch;
  /** In the batch, in their order. */
  maskedPositions: Int32Array;
  /** The words that were there. */
  maskedLabels: Int32Array;
}

/** One sequence of a batch. */
export interface MaskedSequence {
  /** As it was before masking. */
  original: Int32Array;
  masked: Int32Array;
  types: Int32Array;
  /** Within the sequence. */
  positions: number[];
}

/** The sequences of a batch, one by one: as the model gets them, and what they were. */
export function* sequencesOf(batch: MaskedBatch): Generator<MaskedSequence> {
  const { packed, maskedPositions, maskedLabels } = batch;
  const restored = packed.inputIds.slice();
  for (const [index, position] of maskedPositions.entries()) restored[position] = maskedLabels[index]!;
  let next = 0;
  for (let index = 0; index + 1 < packed.cuSeqlens.length; index++) {
    const [start, end] = [packed.cuSeqlens[index]!, packed.cuSeqlens[index + 1]!];
    const positions: number[] = [];
    while (maskedPositions[next]! < end) positions.push(maskedPositions[next++]! - start);
    yield {
      original: restored.subarray(start, end),
      masked: packed.inputIds.subarray(start, end),
      types: packed.tokenTypeIds.subarray(start, end),
      positions,
    };
  }
}
