import assert from "node:assert/strict";
import { test } from "node:test";
import { epochBatches } from "../../lib/data/order.js";

/** Lengths as text has them: many short, few long. */
const LENGTHS = Array.from(
  { length: 5003 },
  (_, row) => 3 + ((row * row * 31) % 61) + (row % 17 === 0 ? 100 : 0),
);

for (const groupByLength of [false, true]) {
  const kind = groupByLength ? "grouped by length" : "shuffled";
  const order = (seed: number, epoch: number) =>
    epochBatches(LENGTHS, { batchSize: 8, seed, epoch, groupByLength });

  test(`${kind}: an epoch has each row once, in full batches but for one`, () => {
    for (const epoch of [0, 1, 7]) {
      const batches = order(3, epoch);
      assert.equal(batches.length, Math.ceil(5003 / 8));
      assert.equal(batches.filter((batch) => batch.length !== 8).length, 1);
      const rows = batches.flatMap((batch) => [...batch]).sort((a, b) => a - b);
      assert.deepEqual(rows, [...LENGTHS.keys()]);
    }
  });

  test(`${kind}: an epoch is the same whenever it is asked for, and others differ`, () => {
    const fifth = order(3, 5);
    assert.deepEqual(order(3, 5), fifth);
    assert.notDeepEqual(order(3, 4), fifth);
    assert.notDeepEqual(order(4, 5), fifth);
  });
}

test("every row is equally likely in every place", () => {
  const [rows, epochs] = [5, 6000];
  const counts = new Float64Array(rows * rows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const [batch] = epochBatches(new Int32Array(rows), { batchSize: rows, seed: 11, epoch });
    for (const [place, row] of batch!.entries()) counts[place * rows + row]!++;
  }
  // A count is binomial with mean 1200 and standard deviation 31; five of those are passed once in a million.
  for (const count of counts) assert.ok(Math.abs(count - epochs / rows) < 5 * 31, `${count} of ${epochs}`);
});

test("grouped by length, a batch's rows are alike in length, and batches of all lengths are mixed", () => {
  const batches = epochBatches(LENGTHS, { batchSize: 8, seed: 1, epoch: 0, groupByLength: true });
  const tokens = LENGTHS.reduce((sum, length) => sum + length, 0);
  const longest = batches.map((batch) => Math.max(...Array.from(batch, (row) => LENGTHS[row]!)));
  const slots = batches.reduce((sum, batch, index) => sum + batch.length * longest[index]!, 0);
  // Random batches of these lengths would have more slots than tokens by half and more.
  assert.ok(slots < 1.05 * tokens, `${slots} slots for ${tokens} tokens`);
  const rising = longest.filter((length, index) => index > 0 && length >= longest[index - 1]!).length;
  assert.ok(Math.abs(rising / longest.length - 0.5) < 0.1, `${rising} of ${longest.length} batches rise`);
});

test("no rows make no batches, and fewer rows than a batch make one", () => {
  assert.deepEqual(epochBatches([], { batchSize: 4, seed: 0, epoch: 0 }), []);
  assert.deepEqual(
    epochBatches([5, 5, 5], { batchSize: 4, seed: 0, epoch: 0, groupByLength: true }).map(
      (batch) => batch.length,
    ),
    [3],
  );
});

/** 90 % of the rows are of class 4, 9 % of class 0, 1 % of class 7; the other classes have none. */
const CLASSES = LENGTHS.map((_, row) => (row % 100 === 0 ? 7 : row % 100 < 10 ? 0 : 4));

for (const groupByLength of [false, true]) {
  const kind = groupByLength ? "grouped by length" : "shuffled";
  const drawn = (seed: number, epoch: number) =>
    epochBatches(LENGTHS, { batchSize: 8, seed, epoch, groupByLength, classes: CLASSES });

  test(`${kind}: an epoch balanced by class is as long, and has each class as often to within one row`, () => {
    const rarest = new Set<number>();
    for (const epoch of [0, 1, 2]) {
      const batches = drawn(3, epoch);
      assert.equal(batches.length, Math.ceil(5003 / 8));
      const counts = new Map<number, number>();
      for (const row of batches.flatMap((batch) => [...batch])) {
        counts.set(CLASSES[row]!, (counts.get(CLASSES[row]!) ?? 0) + 1);
      }
      assert.deepEqual([...counts.values()].sort(), [1667, 1668, 1668]); // 5003 = 3 · 1667 + 2
      rarest.add([...counts].find(([, count]) => count === 1667)![0]);
    }
    assert.equal(rarest.size, 3); // the one row less goes round
  });

  test(`${kind}: a balanced epoch is the same whenever it is asked for, and others differ`, () => {
    const fifth = drawn(3, 5);
    assert.deepEqual(drawn(3, 5), fifth);
    assert.notDeepEqual(drawn(3, 4), fifth);
    assert.notDeepEqual(drawn(4, 5), fifth);
  });
}

test("balanced by class, rows of one class are equally likely, and the places of the classes are mixed", () => {
  const classes = [0, 1, 1, 1, 0, 1];
  const [epochs, counts, inFirstPlace] = [6000, new Float64Array(6), [0, 0]];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const [batch] = epochBatches(new Int32Array(6), { batchSize: 6, seed: 5, epoch, classes });
    for (const row of batch!) counts[row]!++;
    inFirstPlace[classes[batch![0]!]!]!++;
  }
  // Three of six draws are of each class: a row of class 0 comes 1.5 times an epoch, one of class 1 0.75 times. The
  // counts are binomial with standard deviations of 67 and 58; five of those are passed once in a million.
  for (const [row, count] of counts.entries()) {
    const mean = classes[row] === 0 ? 1.5 * epochs : 0.75 * epochs;
    assert.ok(Math.abs(count - mean) < 5 * 67, `row ${row} came ${count} times`);
  }
  assert.ok(Math.abs(inFirstPlace[0]! - epochs / 2) < 5 * 39, `class 0 came first ${inFirstPlace[0]} times`);
});
