import { draw, instancesKey } from "../../data/pretraining/keyed-draws.js";
import { Masking, type MaskingRules, maskingRules } from "../../data/pretraining/masking.js";
import { joinPredictions, maskSequence } from "../../data/pretraining/predictions.js";
import { packSequences } from "../../models/packing.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { BatchContext, TaskBatch } from "../head.js";
import type { TextWindow } from "./text-windows.js";

/** Masked windows of texts: T tokens, M of them to predict. */
export interface MaskedWordsBatch extends TaskBatch {
  /** Where in T a word is to be predicted, rising. */
  maskedPositions: Int32Array; // [M]
  /** The words that were there. */
  maskedLabels: Int32Array; // [M]
}

export interface MaskingOptions extends Partial<Pick<MaskingRules, "maskRate" | "maskSplit">> {
  /** Most tokens of a window; the most predictions of one are `maskRate` of it, rounded up. */
  maxSeqLength: number;
  /** Mask whole words instead of single tokens. Default: false */
  wholeWord?: boolean;
}

/**
 * How the windows of a vocabulary are masked.
 *
 * @throws LibbertError ERR_CHECKPOINT for whole words of a tokenizer whose pieces do not show where words start
 */
export function maskingFor(tokenizer: TextTokenizer, options: MaskingOptions): Masking {
  const { vocabSize: size, clsId, sepId, maskId } = tokenizer;
  const continues = () => Uint8Array.from({ length: size }, (_, id) => Number(tokenizer.continuesWord(id)));
  const rules = maskingRules(options.maxSeqLength, options);
  return new Masking(rules, { size, clsId, sepId, maskId }, options.wholeWord ? continues() : null);
}

/**
 * Packs masked windows. A window's masks are a pure function of (seed, epoch, its index), whatever the batch.
 *
 * @param items indices of windows
 */
export function maskedWordsBatch(
  windows: readonly TextWindow[],
  items: readonly number[],
  masking: Masking,
  { seed, epoch, numbers }: BatchContext,
): MaskedWordsBatch {
  const epochKey = instancesKey(seed, epoch);
  const sequences = items.map((item) => maskSequence(windows[item]!, masking, draw(epochKey, item, 0)));
  return { packed: packSequences(sequences, numbers), ...joinPredictions(sequences) };
}
