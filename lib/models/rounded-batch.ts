import { cat, tensor, zeros } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";
import type { EncoderInput } from "./encoder-input.js";
import type { PackedBatch } from "./packing.js";

/** The smallest step to which a batch is rounded, and the share of its tokens that a larger step is at most. */
const SMALLEST_STEP = 32;
const LARGEST_SHARE = 1 / 32;

/**
 * A batch with sequences of zeros at its end where its length is not round. Random lengths almost never repeat: rounded
 * ones do, so that compiled kernels and freed memory serve again. At most 1 token in 32 is added (of more than 1,024), in
 * sequences no longer than the batch's own, as attention may take memory by the square of the longest.
 *
 * @returns what the layers take: where sequences end, their rows' names, and the tokens that are wanted. What comes after the
 *   first T rows, or R of the tokens that are wanted, means nothing
 */
export function roundedInput(input: EncoderInput): EncoderInput {
  const { layerOffsets, cuSeqlens, rowIds, outputTokens, maxSeqlen } = input;
  const tokens = rowIds.size;
  const added = layerOffsets ? 0 : roundedUp(tokens) - tokens;
  const rounded = added > 0 && {
    cuSeqlens: cat([cuSeqlens, tensor(endsOfRows(tokens, added, maxSeqlen), { device: cuSeqlens.device })]),
    rowIds: withZeros(rowIds, tokens + added),
  };
  // The first token stands in for those that are added.
  const asked = outputTokens && { outputTokens: withZeros(outputTokens, roundedUp(outputTokens.size)) };
  const given = layerOffsets && { cuSeqlens: layerOffsets };
  return rounded || asked || given ? { ...input, ...rounded, ...asked, ...given } : input;
}

function withZeros(numbers: Tensor, size: number): Tensor {
  const { dtype, device } = numbers;
  return numbers.size === size ? numbers : cat([numbers, zeros([size - numbers.size], { dtype, device })]);
}

/** Where sequences of at most `longest` rows end that `added` rows behind `tokens` others are cut into. */
function endsOfRows(tokens: number, added: number, longest: number): Int32Array {
  const sequences = Math.ceil(added / longest);
  return Int32Array.from(
    { length: sequences },
    (_, index) => tokens + Math.min(added, (index + 1) * longest),
  );
}

/** hidden [T, H] with rows of zeros at its end → [rows, H] */
export function withRows(hidden: Tensor, rows: number): Tensor {
  const [tokens, size] = hidden.shape as [number, number];
  if (tokens === rows) return hidden;
  const { dtype, device } = hidden;
  return cat([hidden, zeros([rows - tokens, size], { dtype, device })]);
}

/** The next multiple of the step for so many tokens. */
export function roundedUp(tokens: number): number {
  let step = SMALLEST_STEP;
  while (2 * step <= tokens * LARGEST_SHARE) step *= 2;
  return nextMultiple(tokens, step);
}

/** PyTorch's number for a class that does not count. */
const IGNORED_CLASS = -100;

/** To what `roundedBatch` rounds tokens, the longest sequence and predictions. */
const TOKEN_STEP = 64;
const LENGTH_STEP = 32;
const PREDICTION_STEP = 32;
/** So many sequences of one token or more are added: at most 66 tokens, so that none is longer than `LENGTH_STEP`. */
const ADDED_SEQUENCES = 3;

/**
 * A batch that has the shape of many others: as many tokens, as many sequences in the layers, the same longest one. Its own sequences
 * are what they were; behind them are others of zeros, of which only the layers know.
 */
export function roundedBatch(packed: PackedBatch): PackedBatch {
  const { inputIds, tokenTypeIds, positionIds, cuSeqlens, maxSeqlen, rowIds } = packed;
  const tokens = inputIds.length;
  const size = nextMultiple(tokens + ADDED_SEQUENCES, TOKEN_STEP);
  const ends = Array.from(
    { length: ADDED_SEQUENCES },
    (_, index) => tokens + Math.ceil(((size - tokens) * (index + 1)) / ADDED_SEQUENCES),
  );
  const filled = (numbers: Int32Array) => extended(numbers, size, 0);
  const ids = new BigInt64Array(size);
  ids.set(rowIds);
  return {
    inputIds: filled(inputIds),
    tokenTypeIds: filled(tokenTypeIds),
    positionIds: filled(positionIds),
    cuSeqlens,
    layerOffsets: Int32Array.of(...cuSeqlens, ...ends),
    maxSeqlen: nextMultiple(maxSeqlen, LENGTH_STEP),
    rowIds: ids,
  };
}

/** The same of a batch that says nothing of single tokens. */
export function withRoundedSequences<Batch extends { packed: PackedBatch }>(batch: Batch): Batch {
  return { ...batch, packed: roundedBatch(batch.packed) };
}

/**
 * Predictions of a batch of any number as those of many others.
 *
 * @param positions the tokens that are predicted, and `classes` what is right; what is added is of the first token, and no loss counts it
 */
export function roundedPredictions(
  positions: Int32Array,
  classes: Int32Array,
): { positions: Int32Array; classes: Int32Array } {
  const size = nextMultiple(positions.length, PREDICTION_STEP);
  return { positions: extended(positions, size, 0), classes: extended(classes, size, IGNORED_CLASS) };
}

/** The same of a batch with masked words. */
export function withRoundedWords<
  Batch extends { packed: PackedBatch; maskedPositions: Int32Array; maskedLabels: Int32Array },
>(batch: Batch): Batch {
  const { positions, classes } = roundedPredictions(batch.maskedPositions, batch.maskedLabels);
  return { ...withRoundedSequences(batch), maskedPositions: positions, maskedLabels: classes };
}

function extended(numbers: Int32Array, size: number, filling: number): Int32Array {
  const all = new Int32Array(size).fill(filling, numbers.length);
  all.set(numbers);
  return all;
}

function nextMultiple(number: number, step: number): number {
  return step * Math.ceil(number / step);
}
