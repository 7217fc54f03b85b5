import type { BertTokenizer } from "../tokenizer/bert-tokenizer.js";
import { type PackedBatch, packSequences } from "./packing.js";
import { draw, instancesKey } from "./pretraining/keyed-draws.js";
import { Masking, type MaskingRules, maskingRules } from "./pretraining/masking.js";
import { joinPredictions, maskSequence } from "./pretraining/predictions.js";
import type { TextWindow } from "./text-windows.js";

/** Masked windows of texts: T tokens, M of them to predict. */
export interface MaskedWordsBatch {
  packed: PackedBatch;
  /** Where in T a word is to be predicted, rising. */
  maskedPositions: Int32Array; // [M]
  /** The words that were there. */
  maskedLabels: Int32Array; // [M]
}

export interface MaskedWordsOptions extends Partial<Pick<MaskingRules, "maskRate" | "maskSplit">> {
  /** Most tokens of a window; the most predictions of one are `maskRate` of it, rounded up. */
  maxSeqLength: number;
  /** Mask whole words instead of single tokens. Default: false */
  wholeWord?: boolean;
}

/** How the windows of a vocabulary are masked; with `wholeWord`, pieces that begin with `##` go with the word before. */
export function maskingFor(tokenizer: BertTokenizer, options: MaskedWordsOptions): Masking {
  const { vocabSize: size, clsId, sepId, maskId } = tokenizer;
  const continues = (id: number) => Number(tokenizer.idToToken(id)?.startsWith("##") ?? false);
  const continuingPieces = () => Uint8Array.from({ length: size }, (_, id) => continues(id));
  const rules = maskingRules(options.maxSeqLength, options);
  return new Masking(rules, { size, clsId, sepId, maskId }, options.wholeWord ? continuingPieces() : null);
}

/**
 * Packs masked windows. A window's masks are a pure function of (seed, epoch, its index), whatever the batch.
 *
 * @param items indices of windows
 * @param place.numbers the items' numbers in the order of all epochs: they key dropout
 */
export function maskedWordsBatch(
  windows: readonly TextWindow[],
  items: readonly number[],
  masking: Masking,
  place: { seed: number; epoch: number; numbers: readonly number[] },
): MaskedWordsBatch {
  const epochKey = instancesKey(place.seed, place.epoch);
  const sequences = items.map((item) => maskSequence(windows[item]!, masking, draw(epochKey, item, 0)));
  const packed = packSequences(sequences, place.numbers);
  return { packed, ...joinPredictions(sequences) };
}
