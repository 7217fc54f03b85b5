import { LibbertError } from "../../errors.js";
import type { CorpusDocument, ShardedCorpus } from "../corpus/sharded-corpus.js";
import {
  type Cut,
  cutInstance,
  type Instance,
  type InstanceRules,
  randomSegment,
  segmentOf,
} from "./instances.js";
import { draw, instancesKey, type Key } from "./keyed-draws.js";

/** Every how many instances a plan notes where it is: 1 byte an instance, and 4 instances to walk on average. */
const STRIDE = 8;

/** An instance, as it is cut from the text. */
interface Found {
  /** Of the document in the corpus. */
  index: number;
  document: CorpusDocument;
  /** Its first sentence within the document. */
  start: number;
  key: Key;
  cut: Cut;
}

/**
 * The instances of one epoch, in the order of the text. Only the start of every eighth one is kept in memory: an instance depends
 * on nothing but its document's sentence lengths and its start, so the ones between are found from there.
 */
export class EpochPlan {
  /** How many instances the epoch has. */
  readonly instances: number;
  /** How many of them have a second segment from another document. */
  readonly randomPairs: number;
  readonly #key: Key;
  readonly #starts: Uint32Array; // document and sentence of every eighth instance

  /**
   * Reads the lengths of all sentences, none of the tokens.
   *
   * @throws LibbertError ERR_DATA when the corpus is empty, or has one document and pairs are wanted
   */
  constructor(
    readonly corpus: ShardedCorpus,
    readonly rules: InstanceRules,
    options: { seed: number; epoch: number },
  ) {
    checkDocuments(corpus.documents, rules.pairs);
    this.#key = instancesKey(options.seed, options.epoch);
    const starts: number[] = [];
    let instances = 0;
    let randomPairs = 0;
    for (const { index, start, cut } of this.#walk(0, 0)) {
      if (instances++ % STRIDE === 0) starts.push(index, start);
      if (cut.isRandomNext) randomPairs++;
    }
    this.instances = instances;
    this.randomPairs = randomPairs;
    this.#starts = Uint32Array.from(starts);
  }

  /** Instance `index`, 0 to `instances - 1`, in the order of the text. */
  instance(index: number): Instance {
    const noted = Math.floor(index / STRIDE);
    let ahead = index % STRIDE;
    for (const found of this.#walk(this.#starts[2 * noted]!, this.#starts[2 * noted + 1]!)) {
      if (ahead-- === 0) return this.#complete(found);
    }
    throw new RangeError(`There are ${this.instances} instances, no number ${index}`);
  }

  #complete({ index, document, start, key, cut }: Found): Instance {
    const { aEnd, chunkEnd, isRandomNext } = cut;
    const a = segmentOf(index, document, start, aEnd);
    if (!this.rules.pairs) return { a, b: null, isRandomNext, key };
    const b = isRandomNext
      ? randomSegment(this.corpus, a, key, this.rules)
      : segmentOf(index, document, aEnd, chunkEnd);
    return { a, b, isRandomNext, key };
  }

  /** The cuts from a sentence of a document on, to the end of the corpus. */
  *#walk(firstDocument: number, firstStart: number): Generator<Found> {
    let start = firstStart;
    for (let index = firstDocument; index < this.corpus.documents; index++) {
      const document = this.corpus.document(index);
      while (start < document.sentences) {
        const key = draw(this.#key, index, start);
        const cut = cutInstance(document, start, key, this.rules);
        yield { index, document, start, key, cut };
        start = cut.next;
      }
      start = 0;
    }
  }
}

function checkDocuments(documents: number, pairs: boolean): void {
  const wanted = pairs ? 2 : 1;
  if (documents >= wanted) return;
  const reason = pairs
    ? "a random second segment comes from another document"
    : "there is nothing to learn from";
  throw new LibbertError(
    "ERR_DATA",
    `Expected at least ${wanted} documents for the corpus but received ${documents}: ${reason}`,
  );
}
