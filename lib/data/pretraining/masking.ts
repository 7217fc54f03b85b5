import { sumOf } from "../../arrays.js";
import { expected } from "../../errors.js";
import type { CorpusVocabulary } from "../corpus/manifest.js";
import { below, DRAWS, draw, fraction, type Key } from "./keyed-draws.js";

/** What becomes of the tokens to predict, as shares of 1. */
export interface MaskSplit {
  /** Become `[MASK]`. */
  mask: number;
  /** Become a token drawn from the whole vocabulary. */
  random: number;
  /** Stay as they are. */
  keep: number;
}

export interface MaskingRules {
  /** Share of the tokens to predict. Default: 0.15 */
  maskRate: number;
  /** Default: { mask: 0.8, random: 0.1, keep: 0.1 } */
  maskSplit: MaskSplit;
  /** Default: `maskRate` of `maxSeqLength`, rounded up (20 of 128) */
  maxPredictionsPerSequence: number;
}

const MASK_RATE = 0.15;

/** How many tokens of a sequence are predicted at most, where nothing else is said. */
export function mostPredictions(maxSeqLength: number, maskRate = MASK_RATE): number {
  return Math.ceil(maskRate * maxSeqLength);
}

/** What masking must know of a vocabulary. */
export type MaskingVocabulary = Pick<CorpusVocabulary, "size" | "clsId" | "sepId" | "maskId">;

/** The rules for sequences of up to `maxSeqLength` tokens, with defaults for what is not given. */
export function maskingRules(maxSeqLength: number, rules: Partial<MaskingRules>): MaskingRules {
  const { maskRate = MASK_RATE, maskSplit = { mask: 0.8, random: 0.1, keep: 0.1 } } = rules;
  const { maxPredictionsPerSequence = mostPredictions(maxSeqLength, maskRate) } = rules;
  return { maskRate, maskSplit, maxPredictionsPerSequence };
}

/** Chooses the tokens of a sequence to predict, and hides them. */
export class Masking {
  readonly #rules: MaskingRules;
  readonly #vocabulary: MaskingVocabulary;
  readonly #continues: Uint8Array | null;

  /**
   * @param continuingPieces [vocabulary size], 1 for the pieces that go on with a word (`##ing`): masks whole words.
   *   `null`: masks tokens one by one
   * @throws LibbertError ERR_OPTION
   */
  constructor(rules: MaskingRules, vocabulary: MaskingVocabulary, continuingPieces: Uint8Array | null) {
    checkRules(rules);
    this.#rules = rules;
    this.#vocabulary = vocabulary;
    this.#continues = continuingPieces;
  }

  /**
   * Masks one sequence in place: `maskRate` of its tokens, rounded, at least one and at most
   * `maxPredictionsPerSequence`; never `[CLS]` or `[SEP]`.
   *
   * @param ids the sequence; the positions' tokens are replaced
   * @param key source of its random numbers
   * @returns the positions to predict, rising
   */
  mask(ids: Int32Array, key: Key): Int32Array {
    const candidates = this.#candidates(ids);
    const count = this.#predictions(candidates.length);
    const positions = this.#continues
      ? this.#chooseWords(candidates, wordStarts(ids, candidates, this.#continues), count, key)
      : chooseTokens(candidates, count, key);
    for (const position of positions) ids[position] = this.#replacement(ids[position]!, position, key);
    return positions;
  }

  /**
   * Takes words in random order as long as they fit into what is left of the count. Where none does, because all are
   * longer than that, the first is taken that the limit allows.
   *
   * @param starts where among the candidates each word starts, and at the end their number
   */
  #chooseWords(candidates: Int32Array, starts: Int32Array, count: number, key: Key): Int32Array {
    const length = (word: number) => starts[word + 1]! - starts[word]!;
    const chosen: number[] = [];
    let firstAllowed: number | undefined;
    const take = (word: number) => {
      for (let index = starts[word]!; index < starts[word + 1]!; index++) chosen.push(candidates[index]!);
    };
    for (const word of inRandomOrder(starts.length - 1, key)) {
      if (length(word) <= this.#rules.maxPredictionsPerSequence) firstAllowed ??= word;
      if (chosen.length + length(word) <= count) take(word);
      if (chosen.length === count) break;
    }
    if (chosen.length === 0 && firstAllowed !== undefined) take(firstAllowed);
    return Int32Array.from(chosen).sort();
  }

  /** The positions that may be predicted. */
  #candidates(ids: Int32Array): Int32Array {
    const { clsId, sepId } = this.#vocabulary;
    const positions = new Int32Array(ids.length);
    let count = 0;
    for (let position = 0; position < ids.length; position++) {
      if (ids[position] !== clsId && ids[position] !== sepId) positions[count++] = position;
    }
    return positions.subarray(0, count);
  }

  #predictions(candidates: number): number {
    const { maskRate, maxPredictionsPerSequence } = this.#rules;
    return Math.min(candidates, maxPredictionsPerSequence, Math.max(1, Math.round(maskRate * candidates)));
  }

  #replacement(id: number, position: number, key: Key): number {
    const { mask, random } = this.#rules.maskSplit;
    const [kind, token] = draw(key, position, DRAWS.replacement);
    const share = fraction(kind);
    if (share < mask) return this.#vocabulary.maskId;
    return share < mask + random ? below(token, this.#vocabulary.size) : id;
  }
}

function chooseTokens(candidates: Int32Array, count: number, key: Key): Int32Array {
  const chosen = new Int32Array(count);
  let length = 0;
  for (const index of inRandomOrder(candidates.length, key)) {
    if (length === count) break;
    chosen[length++] = candidates[index]!;
  }
  return chosen.sort();
}

/**
 * Where among the candidates each word starts, and at the end their number. A segment's first piece starts a word, even
 * one that is cut off from its own.
 */
function wordStarts(ids: Int32Array, candidates: Int32Array, continues: Uint8Array): Int32Array {
  const starts = new Int32Array(candidates.length + 1);
  let words = 0;
  for (let index = 0; index < candidates.length; index++) {
    const position = candidates[index]!;
    const goesOn = continues[ids[position]!] === 1 && index > 0 && candidates[index - 1] === position - 1;
    if (!goesOn) starts[words++] = index;
  }
  starts[words] = candidates.length;
  return starts.subarray(0, words + 1);
}

/** The numbers 0 to `count - 1`, in random order; only as many are drawn as are asked for (Fisher-Yates). */
function* inRandomOrder(count: number, key: Key): Generator<number> {
  const left = new Int32Array(count);
  for (let index = 0; index < count; index++) left[index] = index;
  let words: Key = [0, 0];
  for (let drawn = 0; drawn < count; drawn++) {
    if (drawn % 2 === 0) words = draw(key, drawn, DRAWS.maskedPosition);
    const chosen = drawn + below(words[drawn % 2]!, count - drawn);
    yield left[chosen]!;
    left[chosen] = left[drawn]!;
  }
}

function checkRules({ maskRate, maskSplit, maxPredictionsPerSequence }: MaskingRules): void {
  if (!(maskRate > 0 && maskRate <= 1)) throw expected("a number above 0 and up to 1", "maskRate", maskRate);
  const shares = [maskSplit.mask, maskSplit.random, maskSplit.keep];
  const sum = sumOf(shares);
  if (!(shares.every((share) => share >= 0) && Math.abs(sum - 1) < 1e-9)) {
    throw expected("shares that add up to 1", "maskSplit", shares.join(", "));
  }
  if (maxPredictionsPerSequence >= 1) return;
  throw expected("an integer of at least 1", "maxPredictionsPerSequence", maxPredictionsPerSequence);
}
