/** Some of a document's words that fit into one input of the model. */
export interface WordWindow {
  /** The words in the window: `start` to `end` (exclusive). */
  start: number;
  end: number;
  /** The words that are predicted in this window; the others are context. */
  countedStart: number;
  countedEnd: number;
}

/** Words from `start` to `end` (exclusive). */
export interface WordRange {
  start: number;
  end: number;
}

export interface WordWindowOptions {
  /** The most tokens in a window; only a single word may have more. */
  budget: number;
  /** How many tokens a window begins after the one before, at most `budget`. */
  stride: number;
}

/**
 * The windows in which a sentence's words are predicted, each word in exactly one.
 *
 * A sentence that fits is one window; what room is left goes to the words around it, as many before as after where
 * there are as many. A longer sentence is cut into windows that overlap, and a word counts in the one where the
 * shorter of its two sides, in tokens, is longest. Windows begin and end between words.
 *
 * @param wordStarts [words + 1]: where each word's tokens begin in the document's, and at the end their number
 * @param own the sentence's words; the document's others serve as context
 */
export function wordWindows(
  wordStarts: Int32Array,
  own: WordRange,
  options: WordWindowOptions,
): WordWindow[] {
  if (own.start === own.end) return [];
  const cutter = new Cutter(wordStarts, options.budget);
  if (cutter.tokens(own) <= options.budget) {
    return [{ ...cutter.widened(own), countedStart: own.start, countedEnd: own.end }];
  }
  // Words at the sentence's edges shall have about as much context as others.
  const margin = (options.budget - options.stride) / 2;
  const ranges = cutter.overlapping(
    { start: cutter.startBefore(own.start, margin), end: cutter.endAfter(own.end, margin) },
    options.stride,
  );
  return countOnce(ranges, own, wordStarts);
}

/** Measures and cuts runs of words. */
class Cutter {
  readonly #words: number;

  constructor(
    readonly wordStarts: Int32Array,
    readonly budget: number,
  ) {
    this.#words = wordStarts.length - 1;
  }

  tokens({ start, end }: WordRange): number {
    return this.wordStarts[end]! - this.wordStarts[start]!;
  }

  /** The furthest end so that the words from `start` have at most `tokens` tokens. */
  endAfter(start: number, tokens: number): number {
    let end = start;
    while (end < this.#words && this.tokens({ start, end: end + 1 }) <= tokens) end++;
    return end;
  }

  /** The furthest start so that the words up to `end` have at most `tokens` tokens. */
  startBefore(end: number, tokens: number): number {
    let start = end;
    while (start > 0 && this.tokens({ start: start - 1, end }) <= tokens) start--;
    return start;
  }

  /** The range with as many words around it as the budget takes: half of the room on each side, or more. */
  widened(range: WordRange): WordRange {
    const room = this.budget - this.tokens(range);
    const after = this.tokens({ start: range.end, end: this.#words });
    const before = this.startBefore(range.start, Math.max(Math.floor(room / 2), room - after));
    const end = this.endAfter(before, this.budget);
    return { start: this.startBefore(end, this.budget), end };
  }

  /** Full windows over a range that is longer than one; the last one reaches back to be full as well. */
  overlapping(range: WordRange, stride: number): WordRange[] {
    const windows: WordRange[] = [];
    for (let start = range.start; ; start = Math.max(this.endAfter(start, stride), start + 1)) {
      const end = Math.min(Math.max(this.endAfter(start, this.budget), start + 1), range.end);
      if (end < range.end) {
        windows.push({ start, end });
        continue;
      }
      const fullStart = Math.min(this.startBefore(end, this.budget), end - 1);
      return [...windows, { start: Math.max(fullStart, range.start), end }];
    }
  }
}

/** Gives each of a sentence's words to the window that shows most on both of its sides, the first of equal ones. */
function countOnce(ranges: readonly WordRange[], own: WordRange, wordStarts: Int32Array): WordWindow[] {
  const windows = ranges.map((range) => ({ ...range, countedStart: own.end, countedEnd: own.end }));
  const contextIn = ({ start, end }: WordRange, word: number) =>
    Math.min(wordStarts[word]! - wordStarts[start]!, wordStarts[end]! - wordStarts[word + 1]!);
  let earliest = 0; // of the windows that reach as far as the word
  for (let word = own.start; word < own.end; word++) {
    while (windows[earliest]!.end <= word) earliest++;
    let best = windows[earliest]!;
    for (let next = earliest + 1; next < windows.length && windows[next]!.start <= word; next++) {
      if (contextIn(windows[next]!, word) > contextIn(best, word)) best = windows[next]!;
    }
    best.countedStart = Math.min(best.countedStart, word);
    best.countedEnd = word + 1;
  }
  return windows.filter(({ countedStart }) => countedStart < own.end);
}
