import type { ShardedCorpus } from "../../data/corpus/sharded-corpus.js";
import {
  type PretrainingBatch,
  type PretrainingDataOptions,
  PretrainingEpoch,
} from "../../data/pretraining/pretraining-epoch.js";
import { type Division, dealt, UNDIVIDED } from "../../distributed/deal.js";

/** Of processes that share every batch, as a ProcessGroup is. */
interface Ranks extends Division {
  /** Each number summed over the ranks. */
  sum(values: readonly number[]): readonly number[];
}

const ALONE: Ranks = { ...UNDIVIDED, sum: (values) => values };

/** Where a sequence stands. */
interface Stand {
  epoch: PretrainingEpoch;
  place: number;
}

/** Finding the length of every sequence would cost as much on 512 ranks as on one: each finds some, and the sum has all. */
function lengthIfOwn({ rank, size }: Division) {
  return ({ epoch, place }: Stand, item: number) => (item % size === rank ? epoch.length(place) : 0);
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
    const batches: { epoch: PretrainingEpoch; places: number[] }[] = [];
    for (const item of dealt(lengths, ranks)) {
      const { epoch, place } = all[item]!;
      const last = batches.at(-1);
      if (last?.epoch === epoch && last.places.length < microBatchSize) last.places.push(place);
      else batches.push({ epoch, places: [place] });
    }
    return batches.map(({ epoch, places }) => epoch.batchOf(places));
  }

  /** Of the epoch that was asked for last: the share of the pairs whose second segment is from another document. */
  get randomPairShare(): number | null {
    const isPaired = this.#epoch?.plan.rules.pairs;
    return isPaired ? this.#epoch!.randomPairShare : null;
  }

  #locate(sequence: number): Stand {
    let epoch = this.#epoch ?? new PretrainingEpoch(this.corpus, this.options, 0);
    while (sequence >= this.#start + epoch.size) {
      this.#start += epoch.size;
      epoch = new PretrainingEpoch(this.corpus, this.options, ++this.#index);
    }
    this.#epoch = epoch;
    return { epoch, place: sequence - this.#start };
  }
}
