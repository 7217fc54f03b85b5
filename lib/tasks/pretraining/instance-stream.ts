import type { ShardedCorpus } from "../../data/corpus/sharded-corpus.js";
import {
  type PretrainingBatch,
  type PretrainingDataOptions,
  PretrainingEpoch,
} from "../../data/pretraining/pretraining-epoch.js";

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
   * Sequences `first` to `first + count - 1` in batches of at most `microBatchSize`, none across two epochs.
   *
   * @param first at least that of the call before
   */
  batches(first: number, count: number, microBatchSize: number): PretrainingBatch[] {
    const batches: PretrainingBatch[] = [];
    for (let done = 0; done < count; ) {
      const { epoch, place } = this.#locate(first + done);
      const size = Math.min(microBatchSize, count - done, epoch.size - place);
      batches.push(epoch.batch(place, size));
      done += size;
    }
    return batches;
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
