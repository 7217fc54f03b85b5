import assert from "node:assert/strict";
import { test } from "node:test";
import { bertNormalizer, bertPreTokenizer } from "tokenizers";
import { WordSplitter } from "../../../lib/tokenizer/vocabulary/words.js";

const preTokenizer = bertPreTokenizer();

for (const cased of [false, true]) {
  const casing = cased ? "cased" : "uncased";
  const splitter = new WordSplitter(cased);
  const normalizer = bertNormalizer({ lowercase: !cased, stripAccents: !cased });

  /** What the tokenizers package makes of the whole text at once. */
  function reference(text: string): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [word] of preTokenizer.preTokenizeString(normalizer.normalizeString(text))) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    return counts;
  }

  function assertSameWords(text: string): void {
    const sorted = (counts: Map<string, number>) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(sorted(splitter.count([text])), sorted(reference(text)), JSON.stringify(text));
  }

  test(`${casing}: any character of the first two planes, and of others' ends, is treated as BERT's code does`, () => {
    const ranges = [
      [0, 0xd800],
      [0xe000, 0x20100],
      [0x2a600, 0x2b900], // three extensions of Chinese end here
      [0x2ce00, 0x2cf00],
      [0x2f7c0, 0x2fa40],
      [0xe0000, 0xe0200],
      [0x10ff00, 0x110000],
    ] as const;
    for (const [start, end] of ranges) {
      for (let first = start; first < end; first += 64) {
        let text = "";
        for (let code = first; code < first + 64; code++) {
          const c = String.fromCodePoint(code);
          // Between letters, after a mark and before one, beside punctuation, beside an ideograph, alone.
          text += `x${c}Y ${c}\u0301A\u0301${c}! .${c}-${c} 中${c}文${c} ${c}\n`;
        }
        assertSameWords(text);
      }
    }
  });

  test(`${casing}: random mixtures of scripts, marks, spaces and control characters give the same words`, () => {
    const characters =
      "aZé1 .\t\n-'中龥豈ａ\u0301\u0327\u05b0\u00a0\u3000\u200b\u200d\ufeff\0\u0007\u000b\u0085\u2028\u00ad" +
      "İıßΣςЙйﬁ가각ไ้،。“”—…€$^`~𠀀😀👩\ufffd\u0345\u1e9e";
    const units = [...characters];
    let state = 1;
    const next = () => {
      state = (state * 48271) % 2147483647; // Lehmer's generator
      return state;
    };
    for (let round = 0; round < 2000; round++) {
      assertSameWords(
        Array.from({ length: 1 + (next() % 40) }, () => units[next() % units.length]!).join(""),
      );
    }
  });
}

test("words of many texts are added up", () => {
  const counts = new WordSplitter(false).count(["The cat, the dog", "THE end."]);
  assert.deepEqual(Object.fromEntries(counts), { the: 3, cat: 1, ",": 1, dog: 1, end: 1, ".": 1 });
});

test("half a surrogate pair, which no UTF-8 can hold, is dropped like any unreadable character", () => {
  const counts = new WordSplitter(false).count(["a\ud83db \udc00"]);
  assert.deepEqual(Object.fromEntries(counts), { ab: 1 });
});
