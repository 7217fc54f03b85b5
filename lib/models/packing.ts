/** A batch without padding: B sequences laid end to end in T tokens. */
export interface PackedBatch {
  /** The tokens of all sequences, laid end to end: [T]. */
  inputIds: Int32Array;
  /** The segment of each token, 0 or 1: [T]. */
  tokenTypeIds: Int32Array;
  /** A token's place within its own sequence, from 0: [T]. */
  positionIds: Int32Array;
  /** Where each sequence starts, and at the end T: [B + 1]. */
  cuSeqlens: Int32Array;
  /** Where layers have sequences start, and at the end T, in a batch whose end is none of its own: see `roundedBatch`. */
  layerOffsets?: Int32Array; // [B + P + 1]
  /** The tokens of the longest sequence. */
  maxSeqlen: number;
  /** Numbers that no other token of the epoch has, [T]. They key dropout, so a token's mask does not depend on its batch. */
  rowIds: BigInt64Array;
}

/** What packing needs of an encoded text. */
export interface PackableSequence {
  /** The ids of its tokens, special tokens included. */
  inputIds: ArrayLike<number>;
  /** The segment of each, 0 or 1; as many as there are ids. */
  tokenTypeIds: ArrayLike<number>;
}

const POSITION_BITS = 20;

/**
 * Concatenates encoded texts into one packed batch.
 *
 * @param sequences B encoded texts, each of fewer than 2^20 tokens
 * @param sequenceIds B numbers, each a sequence's index within the epoch's global order, 0 to 2^43 - 1;
 *   `rowIds[t]` is `sequenceId * 2^20 + position`
 */
export function packSequences(
  sequences: readonly PackableSequence[],
  sequenceIds: ArrayLike<number>,
): PackedBatch {
  const cuSeqlens = new Int32Array(sequences.length + 1);
  let maxSeqlen = 0;
  for (const [index, { inputIds }] of sequences.entries()) {
    cuSeqlens[index + 1] = cuSeqlens[index]! + inputIds.length;
    maxSeqlen = Math.max(maxSeqlen, inputIds.length);
  }

  const tokens = cuSeqlens[sequences.length]!;
  const inputIds = new Int32Array(tokens);
  const tokenTypeIds = new Int32Array(tokens);
  const positionIds = new Int32Array(tokens);
  const rowIds = new BigInt64Array(tokens);
  for (const [index, sequence] of sequences.entries()) {
    const start = cuSeqlens[index]!;
    const end = cuSeqlens[index + 1]!;
    inputIds.set(sequence.inputIds, start);
    tokenTypeIds.set(sequence.tokenTypeIds, start);
    for (let position = 0; position < end - start; position++) positionIds[start + position] = position;
    fillRowIds(rowIds.subarray(start, end), sequenceIds[index]!);
  }
  return { inputIds, tokenTypeIds, positionIds, cuSeqlens, maxSeqlen, rowIds };
}

/**
 * Positions that padding tokens do not count in, as RoBERTa's: theirs is -1, the others' goes on behind them. Nothing is
 * padded here, but a text may say "<pad>".
 *
 * @returns the batch's own positions where it has no such token
 */
export function positionsWithoutPadding(
  { inputIds, positionIds, cuSeqlens }: PackedBatch,
  paddingId: number,
): Int32Array {
  if (!inputIds.includes(paddingId)) return positionIds;
  const positions = new Int32Array(inputIds.length);
  for (let sequence = 0; sequence + 1 < cuSeqlens.length; sequence++) {
    let next = 0;
    for (let token = cuSeqlens[sequence]!; token < cuSeqlens[sequence + 1]!; token++) {
      positions[token] = inputIds[token] === paddingId ? -1 : next++;
    }
  }
  return positions;
}

/** Writes the 64-bit numbers as pairs of 32-bit words (low word first): BigInt arithmetic is ten times slower. */
function fillRowIds(rowIds: BigInt64Array, sequenceId: number): void {
  const words = new Int32Array(rowIds.buffer, rowIds.byteOffset, 2 * rowIds.length);
  const low = sequenceId << POSITION_BITS;
  const high = Math.floor(sequenceId / 2 ** (32 - POSITION_BITS));
  for (let position = 0; position < rowIds.length; position++) {
    words[2 * position] = low | position;
    words[2 * position + 1] = high;
  }
}
