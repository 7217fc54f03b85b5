import type { ShardedCorpus } from "../../data/corpus/sharded-corpus.js";
import {
  type PretrainingBatch,
  type PretrainingDataOptions,
  PretrainingEpoch,
} from "../../data/pretraining/pretraining-epoch.js";

/** The sequences of all epochs in a row, addressed by number: a run can begin at any. */
export class InstanceStream {
  readonly #epochs: PretrainingEpoch[] = [];

  constructor(
    readonly corpus: ShardedCorpus,
    readonly options: PretrainingDataOptions,
  ) {}

  /** Sequences `first` to `first + count - 1` in batches of at most `microBatchSize`, none across two epochs. */
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
    let place = sequence;
    for (let index = 0; ; index++) {
      const epoch = this.#epochs[index] ?? new PretrainingEpoch(this.corpus, this.options, index);
      this.#epochs[index] = epoch;
      if (place < epoch.size) return { epoch, place };
      place -= epoch.size;
    }
  }
}
