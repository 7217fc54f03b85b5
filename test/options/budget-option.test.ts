import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseBudget, timeText } from "../../lib/options/budget-option.js";

test("a time is the sum of its parts, a count has its unit", () => {
  assert.deepEqual(parseBudget("20m"), { unit: "seconds", amount: 1200 });
  assert.deepEqual(parseBudget("90s"), { unit: "seconds", amount: 90 });
  assert.deepEqual(parseBudget("1h30m"), { unit: "seconds", amount: 5400 });
  assert.deepEqual(parseBudget("1.5h"), { unit: "seconds", amount: 5400 });
  assert.deepEqual(parseBudget("5000 rows"), { unit: "rows", amount: 5000 });
  assert.deepEqual(parseBudget("5000 sequences"), { unit: "rows", amount: 5000 });
  assert.deepEqual(parseBudget("1 update"), { unit: "updates", amount: 1 });
});

test("what is no budget, or nothing, is none", () => {
  for (const text of [
    "",
    " ",
    "20",
    "m",
    "30m1h",
    "20 m",
    "-5m",
    "0s",
    "0 rows",
    "1.5 rows",
    "1e3 rows",
    "5000rows",
  ])
    assert.equal(parseBudget(text), undefined, text);
  fc.assert(fc.property(fc.string(), (text) => void parseBudget(text)));
});

test("a time that is written is read as the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (amount) => {
      assert.deepEqual(parseBudget(timeText(amount)), { unit: "seconds", amount });
    }),
  );
});
