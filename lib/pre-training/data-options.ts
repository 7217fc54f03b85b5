import { type PretrainSettings, parseMaskSplit } from "./options.js";
import type { Pretrainer } from "./pretrainer.js";

/** How sequences are made of the corpora, whatever their length. */
export function dataOptionsOf(settings: PretrainSettings, { objective }: Pick<Pretrainer, "objective">) {
  const { maskRate, wholeWord, maxPredictionsPerSequence, shortSequenceProbability } = settings;
  const maskSplit = settings.maskSplit === undefined ? undefined : parseMaskSplit(settings.maskSplit);
  return {
    objective,
    maskRate,
    maskSplit,
    wholeWord,
    maxPredictionsPerSequence,
    shortSequenceProbability,
  };
}
