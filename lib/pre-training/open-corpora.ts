import { ShardedCorpus } from "../data/corpus/sharded-corpus.js";
import type { Phase } from "./options.js";
import type { PhaseCorpora } from "./run-parts.js";

/** Every phase's corpora, open. All have one vocabulary. */
export class OpenCorpora implements Disposable {
  readonly phases: PhaseCorpora[] = [];
  readonly #opened: ShardedCorpus[] = [];

  /** @param fingerprint of the vocabulary that all must be made with; undefined for that of the first phase's */
  constructor(phases: readonly Phase[], fingerprint: string | undefined) {
    try {
      for (const { data } of phases) this.#open(data, fingerprint);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #open(data: string, wanted: string | undefined): void {
    const fingerprint = wanted ?? this.phases[0]?.train.vocabulary.fingerprint;
    const train = ShardedCorpus.open(data, { split: "train", fingerprint });
    this.#opened.push(train);
    const validation = ShardedCorpus.open(data, { split: "validation", fingerprint });
    this.#opened.push(validation);
    this.phases.push({ train, validation: validation.documents > 1 ? validation : null });
  }

  [Symbol.dispose](): void {
    for (const corpus of this.#opened) corpus[Symbol.dispose]();
  }
}
