import type { CorpusShard } from "../corpus/shard.js";
import type { CorpusDocument, ShardedCorpus } from "../corpus/sharded-corpus.js";
import { below, DRAWS, draw, fraction, type Key } from "./keyed-draws.js";

/** Whole sentences of one document, one after the other. */
export interface Segment {
  /** Index of the document in the corpus. */
  document: number;
  /** The first sentence, counted within the document. */
  start: number;
  /** The sentence behind the last. */
  end: number;
  shard: CorpusShard;
  /** The first token, counted within the shard. */
  firstToken: number;
  tokens: number;
}

/** What the model reads at a time, before it is cut to length. */
export interface Instance {
  a: Segment;
  /** `null` where the objective has no pairs. */
  b: Segment | null;
  /** Whether B comes from another document instead of following A. */
  isRandomNext: boolean;
  /** Source of the random numbers of this instance. */
  key: Key;
}

export interface InstanceRules {
  /** Tokens of both segments together, special tokens not counted; at least 2. */
  budget: number;
  shortSequenceProbability: number;
  /** Two segments, or one. */
  pairs: boolean;
}

/** How a document's next sentences are divided. */
export interface Cut {
  /** A is `start` to `aEnd`. */
  aEnd: number;
  /** A B that follows A is `aEnd` to `chunkEnd`. */
  chunkEnd: number;
  isRandomNext: boolean;
  /** Where the next instance starts. */
  next: number;
}

const SHORTEST_TARGET = 2;

/**
 * Takes the next instance off a document, from sentence `start` on. Depends on the lengths of its sentences alone.
 *
 * Pairs are made as in the original code (google-research/bert, create_pretraining_data.py): sentences until the
 * target length is reached, divided at random; with probability 1/2, and always where there is only one sentence, the
 * second part is put back and a random text follows instead. Unlike there:
 * - The target length is drawn for each instance, not once for a document: a book with a short one would make more
 *   instances than thousands of others.
 * - A sentence that reaches the target by itself has its successor beside it, unless the document ends. Alone, its
 *   length would tell that a random text follows, and most pairs of short sequences would be random ones.
 *
 * Without pairs, as many whole sentences as fit into the target length, at least one.
 *
 * @param key source of the instance's random numbers
 */
export function cutInstance(document: CorpusDocument, start: number, key: Key, rules: InstanceRules): Cut {
  const target = targetLength(key, rules);
  if (!rules.pairs) {
    const end = fittingEnd(document, start, target);
    return { aEnd: end, chunkEnd: end, isRandomNext: false, next: end };
  }
  const chunkEnd = Math.min(Math.max(reachingEnd(document, start, target), start + 2), document.sentences);
  const sentences = chunkEnd - start;
  const [division, coin] = draw(key, 0, DRAWS.division);
  const aEnd = start + (sentences === 1 ? 1 : 1 + below(division, sentences - 1));
  const isRandomNext = sentences === 1 || fraction(coin) < 0.5;
  return { aEnd, chunkEnd, isRandomNext, next: isRandomNext ? aEnd : chunkEnd };
}

/** A random second segment for A: sentences of another document, until A's target length is reached. */
export function randomSegment(corpus: ShardedCorpus, a: Segment, key: Key, rules: InstanceRules): Segment {
  const [high, low] = draw(key, 0, DRAWS.otherDocument);
  const among = Math.floor((fraction(high) + low / 2 ** 64) * (corpus.documents - 1));
  const index = among < a.document ? among : among + 1; // any document but A's
  const document = corpus.document(index);
  const start = below(draw(key, 0, DRAWS.otherStart)[0], document.sentences);
  const end = reachingEnd(document, start, targetLength(key, rules) - a.tokens);
  return segmentOf(index, document, start, end);
}

/** Sentences `start` to `end` of a document, and where their tokens are. */
export function segmentOf(index: number, document: CorpusDocument, start: number, end: number): Segment {
  const { shard, firstSentence } = document;
  const firstToken = shard.sentenceStart(firstSentence + start);
  const tokens = shard.sentenceStart(firstSentence + end) - firstToken;
  return { document: index, start, end, shard, firstToken, tokens };
}

function targetLength(key: Key, { budget, shortSequenceProbability }: InstanceRules): number {
  const [coin, length] = draw(key, 0, DRAWS.targetLength);
  if (fraction(coin) >= shortSequenceProbability) return budget;
  return SHORTEST_TARGET + below(length, budget - SHORTEST_TARGET + 1);
}

/** Where to stop to have at least `target` tokens, and one sentence: at the document's end, at the latest. */
function reachingEnd(
  { shard, firstSentence, sentences }: CorpusDocument,
  start: number,
  target: number,
): number {
  const targetEnd = shard.sentenceStart(firstSentence + start) + target;
  let end = start + 1;
  while (end < sentences && shard.sentenceStart(firstSentence + end) < targetEnd) end++;
  return end;
}

/** Where to stop to have at most `target` tokens, but at least one sentence. */
function fittingEnd(
  { shard, firstSentence, sentences }: CorpusDocument,
  start: number,
  target: number,
): number {
  const targetEnd = shard.sentenceStart(firstSentence + start) + target;
  let end = start + 1;
  while (end < sentences && shard.sentenceStart(firstSentence + end + 1) <= targetEnd) end++;
  return end;
}
