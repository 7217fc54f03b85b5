import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRandom } from "../../../lib/counter-random.js";
import {
  type WordRange,
  type WordWindow,
  wordWindows,
} from "../../../lib/tasks/token-classification/word-windows.js";

/** Words of a document by their numbers of tokens, and the sentence whose words are to be predicted. */
interface Case {
  starts: Int32Array;
  own: WordRange;
  budget: number;
  stride: number;
}

function startsOf(counts: readonly number[]): Int32Array {
  const starts = new Int32Array(counts.length + 1);
  for (const [word, count] of counts.entries()) starts[word + 1] = starts[word]! + count;
  return starts;
}

/** Random documents: words of 0 to 4 tokens, here and there one longer than any window. */
function randomCase(index: number): Case {
  const random = new CounterRandom(11, index);
  let draw = 0;
  const below = (limit: number) => Math.floor(random.uniform(draw++) * limit);
  const budget = 2 + below(12);
  const counts = Array.from({ length: 1 + below(40) }, () => (below(30) === 0 ? budget + 3 : below(5)));
  const start = below(counts.length);
  const end = start + 1 + below(counts.length - start);
  return { starts: startsOf(counts), own: { start, end }, budget, stride: 1 + below(budget) };
}

const cases = Array.from({ length: 3000 }, (_, index) => randomCase(index));
const windowsOf = ({ starts, own, budget, stride }: Case) => wordWindows(starts, own, { budget, stride });
const tokensIn = ({ starts }: Case, { start, end }: WordRange) => starts[end]! - starts[start]!;
const fits = (one: Case) => tokensIn(one, one.own) <= one.budget;

/** Tokens on the shorter side of a word. */
function contextOf({ starts }: Case, { start, end }: WordRange, word: number): number {
  return Math.min(starts[word]! - starts[start]!, starts[end]! - starts[word + 1]!);
}

test("each word of the sentence counts in exactly one window, and no other word in any", () => {
  for (const one of cases) {
    const counted = windowsOf(one).flatMap(({ countedStart, countedEnd }) =>
      Array.from({ length: countedEnd - countedStart }, (_, offset) => countedStart + offset),
    );
    const { start, end } = one.own;
    assert.deepEqual(
      counted,
      Array.from({ length: end - start }, (_, offset) => start + offset),
    );
  }
});

test("a window has no more tokens than fit, or is a single word", () => {
  for (const one of cases) {
    for (const window of windowsOf(one)) {
      assert.ok(tokensIn(one, window) <= one.budget || window.end - window.start === 1);
      assert.ok(window.start <= window.countedStart && window.countedEnd <= window.end);
      assert.ok(window.countedStart < window.countedEnd);
    }
  }
});

test("a sentence that fits is one window, which takes in words around it until no more fit", () => {
  const fitting = cases.filter(fits);
  assert.ok(fitting.length > 500);
  for (const one of fitting) {
    const [window, ...others] = windowsOf(one);
    assert.equal(others.length, 0);
    assert.deepEqual([window!.countedStart, window!.countedEnd], [one.own.start, one.own.end]);
    const { start, end } = window!;
    if (start > 0) assert.ok(tokensIn(one, { start: start - 1, end }) > one.budget);
    if (end < one.starts.length - 1) assert.ok(tokensIn(one, { start, end: end + 1 }) > one.budget);
  }
});

test("the words around it are as many tokens before as after, where there are as many", () => {
  const starts = startsOf(Array(30).fill(1));
  const around = (own: WordRange): [number, number] => {
    const [{ start, end }] = wordWindows(starts, own, { budget: 10, stride: 5 }) as [WordWindow];
    return [own.start - start, end - own.end];
  };
  assert.deepEqual(around({ start: 12, end: 16 }), [3, 3]);
  assert.deepEqual(around({ start: 1, end: 5 }), [1, 5]);
  assert.deepEqual(around({ start: 24, end: 29 }), [4, 1]);
});

test("of all windows, a word of a longer sentence counts in one where its shorter side is longest", () => {
  const longer = cases.filter((one) => !fits(one));
  assert.ok(longer.length > 500);
  for (const one of longer) {
    const windows = windowsOf(one);
    for (const window of windows) {
      for (let word = window.countedStart; word < window.countedEnd; word++) {
        for (const other of windows) {
          if (word < other.start || word >= other.end) continue;
          assert.ok(contextOf(one, window, word) >= contextOf(one, other, word));
        }
      }
    }
  }
});

test("with a stride of half a window, every word away from the ends has a quarter of a window on both sides", () => {
  const one = { starts: startsOf(Array(100).fill(1)), own: { start: 0, end: 100 }, budget: 20, stride: 10 };
  const windows = windowsOf(one);
  assert.deepEqual(
    windows.map(({ start, end }) => [start, end]),
    [0, 10, 20, 30, 40, 50, 60, 70, 80].map((start) => [start, start + 20]),
  );
  for (const window of windows) {
    for (let word = Math.max(5, window.countedStart); word < Math.min(95, window.countedEnd); word++) {
      assert.ok(contextOf(one, window, word) >= 4, `word ${word}`);
    }
  }
});

test("the last window of a longer sentence reaches back to be full", () => {
  const windows = wordWindows(startsOf(Array(23).fill(1)), { start: 0, end: 23 }, { budget: 10, stride: 5 });
  assert.deepEqual(
    windows.map(({ start, end }) => [start, end]),
    [
      [0, 10],
      [5, 15],
      [10, 20],
      [13, 23],
    ],
  );
});

test("a longer sentence has the words around it as context for those at its edges", () => {
  const windows = wordWindows(startsOf(Array(60).fill(1)), { start: 20, end: 40 }, { budget: 10, stride: 4 });
  assert.equal(windows[0]!.start, 17);
  assert.equal(windows.at(-1)!.end, 43);
  assert.equal(windows[0]!.countedStart, 20);
  assert.equal(windows.at(-1)!.countedEnd, 40);
});

test("a sentence without words has no window", () => {
  assert.deepEqual(wordWindows(startsOf([1, 1]), { start: 1, end: 1 }, { budget: 10, stride: 5 }), []);
});
