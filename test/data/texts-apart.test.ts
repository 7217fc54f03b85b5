import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { withTextsApart } from "../../lib/data/texts-apart.js";

const rowsOf = (count: number) => Int32Array.from({ length: count }, (_, row) => row);

/** How many rows share a text with an earlier one of their batch. */
function shared(rows: Int32Array, batchSize: number, textsOf: (row: number) => ArrayLike<number>): number {
  let count = 0;
  for (let start = 0; start < rows.length; start += batchSize) {
    const texts = new Set<number>();
    for (const row of rows.subarray(start, start + batchSize)) {
      const own = Array.from(textsOf(row));
      if (own.some((text) => texts.has(text))) count++;
      for (const text of own) texts.add(text);
    }
  }
  return count;
}

test("rows are put into another order, and none is lost", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(6), { minLength: 1 }), fc.integer({ min: 1, max: 9 }), (texts, batchSize) => {
      const rows = withTextsApart(rowsOf(texts.length), batchSize, (row) => [texts[row]!]);
      assert.deepEqual(
        [...rows].sort((a, b) => a - b),
        [...rowsOf(texts.length)],
      );
    }),
  );
});

test("no two rows of a batch have a text in common where there are enough others", () => {
  const texts = Array.from({ length: 60 }, (_, row) => [Math.floor(row / 3), 100 + row]); // each anchor three times
  const textsOf = (row: number) => texts[row]!;
  assert.ok(shared(rowsOf(60), 10, textsOf) > 0);
  assert.equal(shared(withTextsApart(rowsOf(60), 10, textsOf), 10, textsOf), 0);
});

test("rows that all have one text still make full batches", () => {
  const rows = withTextsApart(rowsOf(10), 4, () => [1]);
  assert.equal(rows.length, 10);
  assert.equal(new Set(rows).size, 10);
});

test("rows without common texts keep their order", () => {
  assert.deepEqual(
    withTextsApart(rowsOf(20), 6, (row) => [row]),
    rowsOf(20),
  );
});
