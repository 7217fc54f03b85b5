import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Nearest } from "../../lib/retrieval/nearest.js";

test("the nearest are the first of all in the order of scores, equal ones in their own order", () => {
  // A few different scores, so that many are equal.
  const parts = fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 12 }), { maxLength: 5 });
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 9 }), (scores, most) => {
      const nearest = new Nearest(most);
      let first = 0;
      for (const part of scores) {
        nearest.see(Float32Array.from(part), first);
        first += part.length;
      }
      const found = nearest.found();
      const sorted = scores
        .flat()
        .map((score, index) => ({ index, score }))
        .sort((a, b) => b.score - a.score)
        .slice(0, most);
      assert.deepEqual(
        [...found.indices],
        sorted.map(({ index }) => index),
      );
      assert.deepEqual(
        [...found.scores],
        sorted.map(({ score }) => score),
      );
    }),
  );
});
