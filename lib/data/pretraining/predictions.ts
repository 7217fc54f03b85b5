import type { PackableSequence } from "../../models/packing.js";
import type { Key } from "./keyed-draws.js";
import type { Masking } from "./masking.js";

/** A sequence as the model reads it, and what it is to predict. */
export interface PredictionSequence extends PackableSequence {
  /** Where, within the sequence. */
  positions: Int32Array;
  /** Which token. */
  labels: Int32Array;
}

/** A masked copy of a sequence; to predict are the tokens that were there. */
export function maskSequence(
  { inputIds, tokenTypeIds }: PackableSequence,
  masking: Masking,
  key: Key,
): PredictionSequence {
  const masked = new Int32Array(inputIds);
  const positions = masking.mask(masked, key);
  return {
    inputIds: masked,
    tokenTypeIds,
    positions,
    labels: positions.map((position) => inputIds[position]!),
  };
}

/** Lays the predictions of the sequences end to end, as their tokens are. */
export function joinPredictions(sequences: readonly PredictionSequence[]) {
  const count = sequences.reduce((sum, { positions }) => sum + positions.length, 0);
  const maskedPositions = new Int32Array(count);
  const maskedLabels = new Int32Array(count);
  let start = 0; // of the sequence among the tokens
  let next = 0;
  for (const { inputIds, positions, labels } of sequences) {
    maskedLabels.set(labels, next);
    for (const position of positions) maskedPositions[next++] = start + position;
    start += inputIds.length;
  }
  return { maskedPositions, maskedLabels };
}
