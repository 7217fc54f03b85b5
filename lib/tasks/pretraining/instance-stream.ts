import type { ShardedCorpus } from "../../data/corpus/sharded-corpus.js";
import {
  type PretrainingBatch,
  type PretrainingDataOptions,
  PretrainingEpoch,
} from "../../data/pretraining/pretraining-epoch.js";
import { type Division, dealt, UNDIVIDED } from "../../distributed/deal.js";

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
   * @param division default: all of them
   */
  batches(
    first: number,
    count: number,
    microBatchSize: number,
    division: Division = UNDIVIDED,
  ): PretrainingBatch[] {
    const all = Array.from({ length: count }, (_, index) => this.#locate(first + index));
    const lengths = all.map(({ epoch, place }) => (division.size === 1 ? 0 : epoch.length(place)));
    const batches: { epoch: PretrainingEpoch; places: number[] }[] = [];
    for (const item of dealt(lengths, division)) {
      const { epoch, place } = all[item]!;
      const last = batches.at(-1);
      if (last?.epoch === epoch && last.places.length < microBatchSize) last.places.push(place);
      else batches.push({ epoch, places: [place] });
    }
    return batches.map(({ epoch, places }) => epoch.batchOf(places));
  }

  #locate(sequence: number): { epoch: PretrainingEpoch; place: number } {
    let epoch = this.#epoch ?? new PretrainingEpoch(this.corpus, this.options, 0);
    while (sequence >= this.#start + epoch.size) {
      this.#start += epoch.size;
      epoch = new PretrainingEpoch(this.corpus, this.options, ++this.#index);
    }
    this.#epoch = epoch;
    return { epoch, place: sequence - this.#start };
  }
}
