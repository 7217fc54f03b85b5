import { ShardChecks } from "../data/corpus/shard-checks.js";
import { ShardedCorpus } from "../data/corpus/sharded-corpus.js";
import type { Phase } from "./options.js";

/** A phase's documents, as they were prepared. */
export interface PreparedCorpora {
  train: ShardedCorpus;
  validation: ShardedCorpus;
}

/** Every phase's corpora, open, while a thread checks their shards. All have one vocabulary. */
export class OpenCorpora implements AsyncDisposable {
  readonly phases: PreparedCorpora[] = [];
  readonly #opened = new Map<string, PreparedCorpora>(); // by directory: phases may share one
  readonly #checks: ShardChecks;

  /** @param fingerprint of the vocabulary that all must be made with; undefined for that of the first phase's */
  constructor(phases: readonly Phase[], fingerprint: string | undefined) {
    try {
      for (const { data } of phases) this.phases.push(this.#open(data, fingerprint));
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#checks = new ShardChecks(this.#corpora().flatMap(({ shards }) => shards.map(({ check }) => check)));
  }

  #open(data: string, wanted: string | undefined): PreparedCorpora {
    const known = this.#opened.get(data);
    if (known) return known;
    const fingerprint = wanted ?? this.phases[0]?.train.vocabulary.fingerprint;
    const train = ShardedCorpus.open(data, { split: "train", fingerprint });
    try {
      const validation = ShardedCorpus.open(data, { split: "validation", fingerprint });
      const corpora = { train, validation };
      this.#opened.set(data, corpora);
      return corpora;
    } catch (error) {
      train[Symbol.dispose]();
      throw error;
    }
  }

  #corpora(): ShardedCorpus[] {
    return [...this.#opened.values()].flatMap(({ train, validation }) => [train, validation]);
  }

  #close(): void {
    for (const corpus of this.#corpora()) corpus[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#checks[Symbol.asyncDispose]();
    this.#close();
  }
}
