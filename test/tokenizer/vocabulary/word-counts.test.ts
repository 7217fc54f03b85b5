import assert from "node:assert/strict";
import { test } from "node:test";
import { WordCounts } from "../../../lib/tokenizer/vocabulary/word-counts.js";

test("counts of the parts are added up", () => {
  const words = new WordCounts();
  words.add(new Map([["a", 2], ["b", 1]])); // biome-ignore format: pairs
  words.add(new Map([["a", 3]]));
  assert.deepEqual(Object.fromEntries(words.counts), { a: 5, b: 1 });
  assert.equal(words.forgottenCount, 0);
});

test("above its limit it forgets the rarest words, until half of the room is free", () => {
  const words = new WordCounts(10);
  words.add(new Map(Array.from({ length: 10 }, (_, i) => [`often${i}`, 2 + i])));
  assert.equal(words.counts.size, 10);
  words.add(new Map([["once", 1]]));
  assert.deepEqual([...words.counts.values()], [7, 8, 9, 10, 11]);
  assert.equal(words.forgottenCount, 6);
});

test("a stream of ever new words stays below the limit, and the frequent ones keep their exact counts", () => {
  const words = new WordCounts(100);
  for (let part = 0; part < 200; part++) {
    const rare = Array.from({ length: 30 }, (_, i) => [`rare${part}-${i}`, 1] as const);
    words.add(new Map([["the", 50], ...rare]));
    assert.ok(words.counts.size <= 100);
  }
  assert.equal(words.counts.get("the"), 200 * 50);
});

test("words above 1,000 characters are left out and counted", () => {
  const words = new WordCounts();
  words.add(
    new Map([
      ["x".repeat(1000), 2],
      ["x".repeat(1001), 3],
    ]),
  );
  assert.deepEqual([...words.counts.values()], [2]);
  assert.equal(words.tooLong, 3);
});
