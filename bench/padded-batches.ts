/** Batches as transformers takes them: padded to the longest sequence, in a file for transformers_loop.py. */

import type { PretrainingBatch } from "../lib/data/pretraining/pretraining-epoch.js";
import { type TensorToStore, writeSafetensors } from "../lib/files/safetensors.js";
import type { PackedBatch } from "../lib/models/packing.js";

interface IntegerTensor {
  shape: number[];
  values: Int32Array;
}

/** What a forward pass of transformers takes, by its argument's name. */
export type PaddedBatch = Record<string, IntegerTensor>;

const IGNORED = -100; // transformers' label of what is not to be predicted

export function padded(packed: PackedBatch): PaddedBatch {
  return {
    input_ids: paddedTensor(packed, packed.inputIds, 0),
    token_type_ids: paddedTensor(packed, packed.tokenTypeIds, 0),
    attention_mask: paddedTensor(packed, new Int32Array(packed.inputIds.length).fill(1), 0),
  };
}

export function paddedForPretraining(batch: PretrainingBatch): PaddedBatch {
  const { packed, maskedPositions, maskedLabels, nextSentenceLabels } = batch;
  const words = new Int32Array(packed.inputIds.length).fill(IGNORED);
  for (const [index, position] of maskedPositions.entries()) words[position] = maskedLabels[index]!;
  return {
    ...padded(packed),
    labels: paddedTensor(packed, words, IGNORED),
    next_sentence_label: { shape: [nextSentenceLabels!.length], values: nextSentenceLabels! },
  };
}

function paddedTensor(
  { cuSeqlens, maxSeqlen }: PackedBatch,
  values: Int32Array,
  filling: number,
): IntegerTensor {
  const rows = cuSeqlens.length - 1;
  const all = new Int32Array(rows * maxSeqlen).fill(filling);
  for (let row = 0; row < rows; row++)
    all.set(values.subarray(cuSeqlens[row], cuSeqlens[row + 1]), row * maxSeqlen);
  return { shape: [rows, maxSeqlen], values: all };
}

export function writeBatches(path: string, batches: readonly PaddedBatch[]): void {
  const tensors = new Map<string, TensorToStore>();
  for (const [step, batch] of batches.entries()) {
    for (const [name, { shape, values }] of Object.entries(batch))
      tensors.set(`${step}.${name}`, { dtype: "int32", shape, bytes: () => new Uint8Array(values.buffer) });
  }
  writeSafetensors(path, tensors);
}

/** The share of padding in transformers' batches. */
export function paddingShare(batches: readonly PackedBatch[]): number {
  const slots = batches.reduce(
    (sum, { cuSeqlens, maxSeqlen }) => sum + (cuSeqlens.length - 1) * maxSeqlen,
    0,
  );
  return 1 - tokensOf(batches) / slots;
}

export function tokensOf(batches: readonly PackedBatch[]): number {
  return batches.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
}
