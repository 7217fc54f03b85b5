import { setImmediate as nextTurn } from "node:timers/promises";
import { sumOf } from "../../arrays.js";
import { SINGLE_PROCESS } from "../../distributed/partition.js";
import { notFinite } from "../../inference/packed-inference.js";
import { onDevice } from "../../models/device-batch.js";
import { crossEntropy } from "../../nn/functional.js";
import { noGrad } from "../../tensor/autograd.js";
import { scope } from "../../tensor/scope.js";
import type { HeadModel } from "../head.js";
import type { MaskedWordsExamples } from "./examples.js";
import { type MaskedWordsBatch, maskedWordsBatch } from "./masked-batch.js";
import { maskedWordsLogits } from "./masked-logits.js";
import { type Missed, missedWords, wordMistakes, worstOf } from "./mistakes.js";
import type { MaskedWordsEvaluation } from "./prediction.js";
import type { MaskedWordsTypes } from "./types.js";

/** The masks of an evaluation are the same every time, whatever the run's seed: its figures can be compared. */
const SAME_MASKS = { seed: 0, epoch: 0 };

/** Enough to keep the matrix units busy; the logits of a batch's masked words take 75 MB with 30,522 pieces. */
const TOKENS_PER_BATCH = 4096;

/** How well a model finds the masked words of texts. Where it has a group, each rank has a part of the batches. */
export async function maskedWordsEvaluation(
  model: HeadModel<MaskedWordsTypes>,
  examples: MaskedWordsExamples,
  signal?: AbortSignal,
): Promise<MaskedWordsEvaluation> {
  const { group } = model;
  const { rank, size } = group ?? SINGLE_PROCESS;
  const batches = [...itemBatches(examples.lengths)].filter((_, index) => index % size === rank);
  const { sums: own, worst } = await sumsOf(model, examples, batches, signal);
  const [words, lossSum, right] = group ? group.sum(own) : own;
  const loss = lossSum! / words!;
  if (words! > 0 && !Number.isFinite(loss))
    throw notFinite("its weights are damaged, or its training diverged");
  return {
    perplexity: Math.exp(loss),
    maskedAccuracy: right! / words!,
    loss,
    rows: examples.rows,
    maskedWords: words!,
    emptyTexts: examples.emptyTexts,
    report: { worstMistakes: await wordMistakes(model, examples, worst) },
  };
}

interface Sums {
  /** Masked words, their losses, and how many of them were found. */
  sums: number[];
  /** Those that were not found, and have the highest losses. */
  worst: Missed[];
}

/** What some batches come to. */
async function sumsOf(
  model: HeadModel<MaskedWordsTypes>,
  { windows, masking }: MaskedWordsExamples,
  batches: readonly (readonly number[])[],
  signal: AbortSignal | undefined,
): Promise<Sums> {
  const sum = { words: 0, loss: 0, right: 0 };
  let worst: Missed[] = [];
  for (const items of batches) {
    signal?.throwIfAborted();
    const batch = maskedWordsBatch(windows, items, masking, { ...SAME_MASKS, numbers: items });
    const found = wordsFound(model, batch);
    const missed = missedWords(batch, items, found);
    sum.words += batch.maskedLabels.length;
    sum.loss += sumOf(found.losses);
    sum.right += batch.maskedLabels.length - missed.length;
    worst = worstOf([...worst, ...missed]);
    await nextTurn();
  }
  return { sums: [sum.words, sum.loss, sum.right], worst };
}

/** The likeliest word at each mask, and the cross entropy of the one that was there. */
function wordsFound(
  model: HeadModel<MaskedWordsTypes>,
  batch: MaskedWordsBatch,
): { words: Int32Array; losses: Float32Array } {
  return scope(() =>
    noGrad(() => {
      const { logits, labels } = maskedWordsLogits(model, onDevice(batch, model.compute.device));
      // Rows that the table of words has beyond the vocabulary stand for no word, and predictions never have them.
      const words = logits.narrow(1, 0, model.tokenizer.vocabSize).argmax(-1);
      return {
        words: Int32Array.from(words.toArray(), Number),
        losses: crossEntropy(logits, labels, "none").toFloat32Array(),
      };
    }),
  );
}

/** Items in their order, as many at a time as fit. */
function* itemBatches(lengths: Int32Array): Generator<number[]> {
  let items: number[] = [];
  let tokens = 0;
  for (const [item, length] of lengths.entries()) {
    if (items.length > 0 && tokens + length > TOKENS_PER_BATCH) {
      yield items;
      [items, tokens] = [[], 0];
    }
    items.push(item);
    tokens += length;
  }
  yield items;
}
