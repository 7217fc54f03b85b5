import { setImmediate } from "node:timers/promises";
import { LibbertError } from "../../errors.js";
import { type Alphabet, alphabetOf } from "./alphabet.js";
import { PairStatistics } from "./pair-statistics.js";
import { type Pair, partsOf } from "./pairs.js";
import { CONTINUING_PREFIX, Pieces } from "./pieces.js";
import { SegmentedWords } from "./segmented-words.js";

export interface LearnOptions {
  /** How many pieces to learn, special tokens and characters included; fewer when no pair is left. */
  size: number;
  /** How often a pair must come to be merged. */
  minFrequency: number;
  /** The first pieces, in this order. */
  specialTokens: readonly string[];
  signal?: AbortSignal;
  onProgress?: (pieces: number) => void;
}

export interface LearnedPieces {
  /** In the order of their ids. */
  pieces: string[];
  /** Distinct characters of the text that the vocabulary does not cover. */
  droppedCharacters: number;
}

/** How long the event loop may stand still. */
const SLICE_MS = 50;

/**
 * Learns a WordPiece vocabulary from words and their counts by byte-pair encoding, as Hugging Face's
 * WordPieceTrainer does: the most frequent pair of neighbouring pieces becomes a piece, over and over. Where pairs are
 * equally frequent, the one of the smallest ids is taken; as ids here follow Unicode's order, and not the random order
 * of a hash table, the same words always give the same vocabulary.
 *
 * @throws LibbertError ERR_OPTION when `size` has no room for the special tokens and the alphabet
 */
export async function learnPieces(
  words: ReadonlyMap<string, number>,
  { size, minFrequency, specialTokens, signal, onProgress }: LearnOptions,
): Promise<LearnedPieces> {
  const pieces = new Pieces();
  for (const token of specialTokens) pieces.add(token);
  const alphabet = alphabetOf(words);
  const segmented = new SegmentedWords(words, characterPieces(alphabet, pieces));
  checkSize(size, pieces, specialTokens.length);

  const pairs = new PairStatistics();
  const update = (pair: Pair, change: 1 | -1, word: number) =>
    pairs.update(pair, change * segmented.counts[word]!, word);
  segmented.forEachPair((pair, word) => update(pair, 1, word));

  let sliceEnd = Date.now() + SLICE_MS;
  while (pieces.texts.length < size) {
    const best = pairs.takeMostFrequent();
    if (best === undefined || best.count < minFrequency) break;
    const [left, right] = partsOf(best.pair);
    const merged = pieces.join(left, right);
    for (const word of best.words) segmented.merge(word, left, right, merged, update);

    if (Date.now() < sliceEnd) continue;
    onProgress?.(pieces.texts.length);
    await setImmediate();
    signal?.throwIfAborted();
    sliceEnd = Date.now() + SLICE_MS;
  }
  return { pieces: pieces.texts, droppedCharacters: alphabet.dropped };
}

/** Adds the alphabet to the pieces, and cuts words into its pieces; characters that it lacks are left out. */
function characterPieces(alphabet: Alphabet, pieces: Pieces): (word: string) => number[] {
  const first = new Map<string, number>();
  const later = new Map<string, number>();
  for (const code of alphabet.characters) {
    const character = String.fromCodePoint(code);
    first.set(character, pieces.add(character));
  }
  for (const code of alphabet.continuations) {
    const character = String.fromCodePoint(code);
    later.set(character, pieces.add(CONTINUING_PREFIX + character));
  }
  return (word) => {
    const ids: number[] = [];
    let known = first;
    for (const character of word) {
      const id = known.get(character);
      if (id !== undefined) ids.push(id);
      known = later;
    }
    return ids;
  };
}

function checkSize(size: number, { texts }: Pieces, specialTokens: number): void {
  if (size >= texts.length) return;
  const characters = texts.length - specialTokens;
  throw new LibbertError(
    "ERR_OPTION",
    `Expected at least ${texts.length} for size but received ${size}: ${specialTokens} special tokens and ` +
      `${characters} pieces of one character come before any other`,
    { option: "size" },
  );
}
