import type { ShardedCorpus } from "../../data/corpus/sharded-corpus.js";
import { type PretrainingBatch, PretrainingEpoch } from "../../data/pretraining/pretraining-epoch.js";
import type { ProcessGroup } from "../../distributed/group.js";
import type { Pretrainer } from "./pretrainer.js";
import type { PretrainMetrics } from "./progress.js";

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
 */
export function evaluateHeldOut(
  pretrainer: Pretrainer,
  corpus: ShardedCorpus,
  { sequences, maxSeqLength, microBatchSize, signal, group }: HeldOutOptions,
): Promise<PretrainMetrics> {
  const { objective } = pretrainer;
  const epoch = new PretrainingEpoch(corpus, { objective, maxSeqLength, seed: SEED }, 0);
  const count = Math.min(sequences, epoch.size);
  const batches = batchesOf(epoch, count, Math.min(microBatchSize, LARGEST_BATCH), group);
  // Ranks stop together, between two updates.
  return pretrainer.evaluate(batches, { signal: group ? undefined : signal, group });
}

/** The first `count` sequences in batches that go round the ranks. */
function* batchesOf(
  epoch: PretrainingEpoch,
  count: number,
  length: number,
  { rank, size }: { rank: number; size: number } = { rank: 0, size: 1 },
): Generator<PretrainingBatch> {
  for (let first = rank * length; first < count; first += size * length)
    yield epoch.batch(first, Math.min(length, count - first));
}
