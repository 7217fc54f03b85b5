import type { ShardedCorpus } from "../../data/corpus/sharded-corpus.js";
import {
  type PretrainingBatch,
  type PretrainingDataOptions,
  PretrainingEpoch,
} from "../../data/pretraining/pretraining-epoch.js";

/** The sequences of all epochs in a row, addressed by number: a run can begin at any, and goes forward from there. */
export class InstanceStream {
  #epoch: PretrainingEpoch;
  #index = 0; // of the epoch
  #start = 0; // number of the epoch's first sequence

  constructor(
    readonly corpus: ShardedCorpus,
    readonly options: PretrainingDataOptions,
  ) {
    this.#epoch = new PretrainingEpoch(corpus, options, 0);
  }

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

  /** Only the current epoch is kept: the plan of a large one is tens of megabytes. */
  #locate(sequence: number): { epoch: PretrainingEpoch; place: number } {
    while (sequence >= this.#start + this.#epoch.size) {
      this.#start += this.#epoch.size;
      this.#epoch = new PretrainingEpoch(this.corpus, this.options, ++this.#index);
    }
    return { epoch: this.#epoch, place: sequence - this.#start };
  }
}
