import { expected } from "../../errors.js";
import { type PackedBatch, packSequences } from "../../models/packing.js";
import type { ShardedCorpus } from "../corpus/sharded-corpus.js";
import { EpochPlan } from "./epoch-plan.js";
import { IndexShuffle } from "./index-shuffle.js";
import type { Instance, Segment } from "./instances.js";
import { type Key, orderKey } from "./keyed-draws.js";
import { Masking, type MaskingRules, maskingRules } from "./masking.js";
import { joinPredictions, maskSequence, type PredictionSequence } from "./predictions.js";
import { truncatePair } from "./truncation.js";

/** Masked words in pairs of segments, masked words in single segments, or the next word in single segments. */
export type Objective = "mlm+nsp" | "mlm" | "causal";

export interface PretrainingDataOptions extends Partial<MaskingRules> {
  /** Source of every random choice. */
  seed: number;
  /** Most tokens of a sequence, special tokens included; at least 5. Default: 128 */
  maxSeqLength?: number;
  /** How often a sequence is meant to be shorter than that. Default: 0.1 */
  shortSequenceProbability?: number;
  /** Default: "mlm+nsp" */
  objective?: Objective;
  /** Mask whole words instead of single tokens. Default: false */
  wholeWord?: boolean;
}

/** A batch to pre-train on: B sequences, T tokens, M of them to predict. */
export interface PretrainingBatch {
  packed: PackedBatch;
  /**
   * Where in T something is to be predicted, rising: at the masked words, or for "causal" at all tokens but the last
   * of each sequence.
   */
  maskedPositions: Int32Array; // [M]
  /** What is to be predicted there: the word as it was, or for "causal" the next token. */
  maskedLabels: Int32Array; // [M]
  /** 0: B follows A; 1: B is from another document. `null` where the objective has no pairs. */
  nextSentenceLabels: Int32Array | null; // [B]
}

/**
 * One epoch of pre-training data, in random order. Every decision is a pure function of (seed, epoch, instance), so a
 * batch is the same whenever and wherever it is asked for.
 *
 * ```ts
 * using corpus = ShardedCorpus.open("shards");
 * const epoch = new PretrainingEpoch(corpus, { seed: 1, maxSeqLength: 128 }, 0);
 * for (let first = 0; first < epoch.size; first += 32) train(epoch.batch(first, 32));
 * ```
 */
export class PretrainingEpoch {
  readonly plan: EpochPlan;
  readonly #corpus: ShardedCorpus;
  readonly #order: IndexShuffle;
  readonly #masking: Masking | null; // null: predict the next token

  /**
   * @param epoch counted from 0
   * @throws LibbertError ERR_OPTION; ERR_DATA when the corpus has fewer than two documents and pairs are wanted
   */
  constructor(corpus: ShardedCorpus, options: PretrainingDataOptions, epoch: number) {
    const { seed, maxSeqLength = 128, shortSequenceProbability = 0.1, objective = "mlm+nsp" } = options;
    if (!(maxSeqLength >= 5)) throw expected("an integer of at least 5", "maxSeqLength", maxSeqLength);
    const pairs = objective === "mlm+nsp";
    const budget = maxSeqLength - (pairs ? 3 : 2); // the special tokens
    this.#corpus = corpus;
    this.plan = new EpochPlan(corpus, { budget, shortSequenceProbability, pairs }, { seed, epoch });
    this.#order = new IndexShuffle(this.plan.instances, orderKey(seed, epoch));
    this.#masking = objective === "causal" ? null : maskingOf(corpus, maxSeqLength, options);
  }

  /** How many sequences the epoch has. */
  get size(): number {
    return this.plan.instances;
  }

  /** The share of the pairs whose second segment is from another document. */
  get randomPairShare(): number {
    return this.plan.randomPairs / this.plan.instances;
  }

  /** The instance at a position, 0 to `size - 1`, of the epoch's order, before it is cut to length and masked. */
  instance(position: number): Instance {
    return this.plan.instance(this.#order.at(position));
  }

  /**
   * The sequences at positions `first` to `first + count - 1` of the epoch's order; fewer, or none, where the epoch ends.
   * Where n ranks have b sequences each, step s of rank r is `batch((s * n + r) * b, b)`, or its share of all n * b.
   */
  batch(first: number, count: number): PretrainingBatch {
    const length = Math.max(0, Math.min(count, this.size - first));
    return this.batchOf(Array.from({ length }, (_, index) => first + index));
  }

  /** Tokens of the sequence at a position, special tokens included: found without reading any. */
  length(position: number): number {
    const { a, b } = this.instance(position);
    return Math.min(a.tokens + (b?.tokens ?? 0), this.plan.rules.budget) + (b ? 3 : 2);
  }

  /** The sequences at some positions of the epoch's order. */
  batchOf(positions: readonly number[]): PretrainingBatch {
    const instances = positions.map((position) => this.instance(position));
    const sequences = instances.map((instance) => this.#sequence(instance));
    return {
      packed: packSequences(sequences, positions),
      ...joinPredictions(sequences),
      nextSentenceLabels: this.plan.rules.pairs
        ? Int32Array.from(instances, ({ isRandomNext }) => Number(isRandomNext))
        : null,
    };
  }

  #sequence({ a, b, key }: Instance): PredictionSequence {
    const sequence = this.#frame(a, b, key);
    if (this.#masking === null) return { ...sequence, ...nextTokens(sequence.inputIds) };
    return maskSequence(sequence, this.#masking, key);
  }

  /** `[CLS] A [SEP] B [SEP]`, or `[CLS] A [SEP]`, cut to length. */
  #frame(a: Segment, b: Segment | null, key: Key) {
    const { clsId, sepId } = this.#corpus.vocabulary;
    const kept = truncatePair(a.tokens, b?.tokens ?? 0, this.plan.rules.budget, key);
    const bStart = kept.lengthA + 2;
    const inputIds = new Int32Array(bStart + (b ? kept.lengthB + 1 : 0));
    const tokenTypeIds = new Uint8Array(inputIds.length).fill(1, bStart);
    inputIds[0] = clsId;
    a.shard.readTokens(a.firstToken + kept.startA, kept.lengthA, inputIds, 1);
    inputIds[bStart - 1] = sepId;
    if (b) {
      b.shard.readTokens(b.firstToken + kept.startB, kept.lengthB, inputIds, bStart);
      inputIds[inputIds.length - 1] = sepId;
    }
    return { inputIds, tokenTypeIds };
  }
}

function maskingOf(corpus: ShardedCorpus, maxSeqLength: number, options: PretrainingDataOptions): Masking {
  const rules = maskingRules(maxSeqLength, options);
  return new Masking(rules, corpus.vocabulary, options.wholeWord ? corpus.continuingPieces() : null);
}

/** Every token but the last has the one behind it to predict. */
function nextTokens(inputIds: Int32Array) {
  const labels = inputIds.subarray(1);
  return { positions: labels.map((_, position) => position), labels };
}
