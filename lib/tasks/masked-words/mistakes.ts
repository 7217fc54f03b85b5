import type { HeadModel } from "../head.js";
import { excerptAround, MISTAKES_KEPT, type Mistake } from "../texts/mistakes.js";
import type { MaskedWordsExamples } from "./examples.js";
import type { MaskedWordsBatch } from "./masked-batch.js";
import type { MaskedWordsTypes } from "./types.js";

/** A masked word for which another one is likeliest. */
export interface Missed {
  /** Its window, and its position there. */
  window: number;
  position: number;
  expected: number;
  predicted: number;
  loss: number;
}

/** The words of a batch that are not found. @param items the batch's windows @param found of each masked word */
export function missedWords(
  { packed: { cuSeqlens }, maskedPositions, maskedLabels }: MaskedWordsBatch,
  items: readonly number[],
  found: { words: Int32Array; losses: Float32Array },
): Missed[] {
  const missed: Missed[] = [];
  let sequence = 0;
  for (const [nth, place] of maskedPositions.entries()) {
    while (cuSeqlens[sequence + 1]! <= place) sequence++;
    const [expected, predicted] = [maskedLabels[nth]!, found.words[nth]!];
    if (expected === predicted) continue;
    const position = place - cuSeqlens[sequence]!;
    missed.push({ window: items[sequence]!, position, expected, predicted, loss: found.losses[nth]! });
  }
  return missed;
}

/** As many of the highest losses as a report shows. */
export function worstOf(missed: readonly Missed[]): Missed[] {
  return [...missed].sort((a, b) => b.loss - a.loss).slice(0, MISTAKES_KEPT);
}

/** As a report shows them. @param own this rank's; each has others */
export async function wordMistakes(
  { tokenizer, group }: Pick<HeadModel<MaskedWordsTypes>, "tokenizer" | "group">,
  { windows, locations }: MaskedWordsExamples,
  own: readonly Missed[],
): Promise<Mistake<string>[]> {
  const all = group
    ? group.exchange("missed words", JSON.stringify(own)).flatMap((text) => JSON.parse(text) as Missed[])
    : own;
  return Promise.all(
    worstOf(all).map(async ({ window, position, expected, predicted, loss }) => {
      const { inputIds } = windows[window]!;
      const before = await tokenizer.decode(inputIds.subarray(0, position));
      const after = await tokenizer.decode(inputIds.subarray(position + 1));
      const text = [before, tokenizer.maskToken, after].map((part) => part.trim()).join(" ");
      return {
        text: excerptAround(text.trim(), before.length),
        location: locations[window]!,
        expected: tokenizer.idToToken(expected)!,
        predicted: tokenizer.idToToken(predicted)!,
        loss,
      };
    }),
  );
}
