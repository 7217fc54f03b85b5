import type { ShardedCorpus } from "../data/corpus/sharded-corpus.js";
import {
  type PretrainingBatch,
  type PretrainingDataOptions,
  PretrainingEpoch,
} from "../data/pretraining/pretraining-epoch.js";
import { partitionByLength, SINGLE_PROCESS, type World } from "../distributed/partition.js";

/** Of processes that share every batch, as a ProcessGroup is. */
interface Ranks extends World {
  /** Each number summed over the ranks. */
  sum(values: readonly number[]): readonly number[];
}

const ALONE: Ranks = { ...SINGLE_PROCESS, sum: (values) => values };

/** A sequence's epoch, and its position there. */
interface EpochPosition {
  epoch: PretrainingEpoch;
  position: number;
}

/** Finding the length of every sequence would cost as much on 512 ranks as on one: each finds some, and the sum has all. */
function lengthIfOwn({ rank, size }: World) {
  return ({ epoch, position }: EpochPosition, item: number) =>
    item % size === rank ? epoch.length(position) : 0;
}

/** The sequences of all epochs in a row, addressed by number: a run can begin at any, and goes forward from there. */
export class InstanceStream {
  #epoch: PretrainingEpoch | undefined; // its plan is a scan of the corpus, and tens of megabytes of a large one
  #index = 0; // of the epoch
  #start = 0; // number of the epoch's first sequence

  constructor(
    readonly corpus: ShardedCorpus,
    readonly options: PretrainingDataOptions,
  ) {}

  /**
   * A rank's share of the sequences `first` to `first + count - 1`, in batches of at most `microBatchSize`, none across
   * two epochs.
   *
   * @param first at least that of the call before
   * @param ranks which share, and how to find what all have; every rank has to make the same calls. Default: all of them
   */
  batches(first: number, count: number, microBatchSize: number, ranks: Ranks = ALONE): PretrainingBatch[] {
    const all = Array.from({ length: count }, (_, index) => this.#locate(first + index));
    const lengths = ranks.size === 1 ? all.map(() => 0) : ranks.sum(all.map(lengthIfOwn(ranks)));
    const batches: { epoch: PretrainingEpoch; positions: number[] }[] = [];
    for (const item of partitionByLength(lengths, ranks)) {
      const { epoch, position } = all[item]!;
      const last = batches.at(-1);
      if (last?.epoch === epoch && last.positions.length < microBatchSize) last.positions.push(position);
      else batches.push({ epoch, positions: [position] });
    }
    return batches.map(({ epoch, positions }) => epoch.batchOf(positions));
  }

  /** Of the epoch that was asked for last: the share of the pairs whose second segment is from another document. */
  get randomPairShare(): number | null {
    const isPaired = this.#epoch?.plan.rules.pairs;
    return isPaired ? this.#epoch!.randomPairShare : null;
  }

  #locate(sequence: number): EpochPosition {
    let epoch = this.#epoch ?? new PretrainingEpoch(this.corpus, this.options, 0);
    while (sequence >= this.#start + epoch.size) {
      this.#start += epoch.size;
      epoch = new PretrainingEpoch(this.corpus, this.options, ++this.#index);
    }
    this.#epoch = epoch;
    return { epoch, position: sequence - this.#start };
  }
}
