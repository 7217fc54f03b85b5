import { setImmediate as nextTurn } from "node:timers/promises";
import { sumOf } from "../arrays.js";
import type { ShardedCorpus } from "../data/corpus/sharded-corpus.js";
import { type PretrainingBatch, PretrainingEpoch } from "../data/pretraining/pretraining-epoch.js";
import type { ProcessGroup } from "../distributed/group.js";
import { SINGLE_PROCESS, type World } from "../distributed/partition.js";
import { LibbertError } from "../errors.js";
import { noGrad } from "../tensor/autograd.js";
import { tensor } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { PretrainMetrics } from "./events.js";
import { lossSum, type Pretrainer } from "./pretrainer.js";

export interface HeldOutOptions {
  sequences: number;
  maxSeqLength: number;
  microBatchSize: number;
  signal?: AbortSignal;
  /** Whose ranks share the work. */
  group?: ProcessGroup;
}

const SEED = 0;

/** As many sequences at a time as logits of a large vocabulary leave room for. */
const LARGEST_BATCH = 64;

/**
 * Metrics on the first sequences of documents that training does not see. They are the same ones with the same masks in
 * every run of that objective, as the paper masks them, whatever training does: what is to be compared has one test.
 *
 * @throws the signal's reason, within one batch; ERR_NON_FINITE where the model gives no number
 */
export async function evaluateHeldOut(
  pretrainer: Pretrainer,
  corpus: ShardedCorpus,
  { sequences, maxSeqLength, microBatchSize, signal, group }: HeldOutOptions,
): Promise<PretrainMetrics> {
  const { objective } = pretrainer;
  const epoch = new PretrainingEpoch(corpus, { objective, maxSeqLength, seed: SEED }, 0);
  const count = Math.min(sequences, epoch.size);
  const batches = batchesOf(epoch, count, Math.min(microBatchSize, LARGEST_BATCH), group);
  pretrainer.train(false);
  // Ranks stop together, between two updates.
  const own = await sumsOver(pretrainer, batches, group ? undefined : signal);
  pretrainer.train(true);
  return metricsOf(group ? overRanks(own, group) : own);
}

/** A rank's part of the first `count` sequences, `length` at a time. */
function* batchesOf(
  epoch: PretrainingEpoch,
  count: number,
  length: number,
  { rank, size }: World = SINGLE_PROCESS,
): Generator<PretrainingBatch> {
  const [start, end] = [rank, rank + 1].map((part) => Math.floor((part * count) / size)) as [number, number];
  for (let first = start; first < end; first += length)
    yield epoch.batch(first, Math.min(length, end - first));
}

/** What the metrics are made of. */
const NOTHING = {
  words: 0,
  wordLoss: 0,
  rightWords: 0,
  pairs: 0,
  rightPairs: 0,
  randomPairs: 0,
  sequences: 0,
};

type HeldOutSums = typeof NOTHING;

async function sumsOver(
  pretrainer: Pretrainer,
  batches: Iterable<PretrainingBatch>,
  signal: AbortSignal | undefined,
): Promise<HeldOutSums> {
  const sums = { ...NOTHING };
  for (const batch of batches) {
    signal?.throwIfAborted();
    scope(() => noGrad(() => addBatch(sums, pretrainer, batch)));
    await nextTurn();
  }
  return sums;
}

function addBatch(sums: HeldOutSums, pretrainer: Pretrainer, batch: PretrainingBatch): void {
  const { maskedLabels, nextSentenceLabels, packed } = batch;
  const onDevice = pretrainer.onDevice(batch);
  const { wordLogits, nextSentenceLogits } = pretrainer.outputs(onDevice);
  sums.words += maskedLabels.length;
  sums.wordLoss += lossSum(wordLogits, onDevice.maskedLabels).item();
  sums.rightWords += countRight(wordLogits, maskedLabels);
  sums.sequences += packed.cuSeqlens.length - 1;
  if (nextSentenceLogits === null) return;
  sums.pairs += nextSentenceLabels!.length;
  sums.rightPairs += countRight(nextSentenceLogits, nextSentenceLabels!);
  sums.randomPairs += sumOf(nextSentenceLabels!);
}

function countRight(logits: Tensor, labels: Int32Array): number {
  return logits
    .argmax(-1)
    .eq(tensor(labels, { device: logits.device }))
    .sum()
    .item();
}

function overRanks(own: HeldOutSums, group: ProcessGroup): HeldOutSums {
  const sums = group.sum(Object.values(own));
  const entries = Object.keys(own).map((name, index) => [name, sums[index]]);
  return Object.fromEntries(entries);
}

function metricsOf({
  words,
  wordLoss,
  rightWords,
  pairs,
  rightPairs,
  randomPairs,
  sequences,
}: HeldOutSums): PretrainMetrics {
  if (!Number.isFinite(wordLoss)) {
    throw new LibbertError(
      "ERR_NON_FINITE",
      `The loss on the validation documents became ${wordLoss}: a lower learning rate or a longer warm-up usually fixes it`,
    );
  }
  return {
    mlmAccuracy: rightWords / words,
    nspAccuracy: pairs > 0 ? rightPairs / pairs : null,
    randomPairShare: pairs > 0 ? randomPairs / pairs : null,
    perplexity: Math.exp(wordLoss / words),
    sequences,
  };
}
