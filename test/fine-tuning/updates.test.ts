import assert from "node:assert/strict";
import { test } from "node:test";
import { epochUpdates } from "../../lib/fine-tuning/updates.js";
import type { TaskModel } from "../../lib/tasks/task-model.js";

/** Batches that show what they were asked for. */
interface Asked {
  items: readonly number[];
  epoch: number;
  numbers: readonly number[];
}

const model = {
  batch: (_: unknown, items: readonly number[], place: object) => ({ items, ...place }),
} as unknown as TaskModel;

const train = {
  rows: 10,
  lengths: new Int32Array(10).fill(5),
  itemClasses: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  tokens: () => [],
  content: () => [],
  notices: [],
};

const settings = { batchSize: 4, seed: 1, groupByLength: false };
const updatesOf = (epoch: number, more: object = {}) =>
  [...epochUpdates(model, train, { ...settings, ...more }, epoch)] as unknown as Asked[][];

test("an epoch has every item once, in updates of the batch's size", () => {
  const updates = updatesOf(0);
  assert.deepEqual(
    updates.map((batches) => batches.map(({ items }) => items.length)),
    [[4], [4], [2]],
  );
  const items = updates.flat().flatMap(({ items }) => items);
  assert.deepEqual([...items].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("micro-batches cut the same updates, and each item keeps its number in the run", () => {
  const [whole, cut] = [updatesOf(2), updatesOf(2, { microBatchSize: 3 })];
  assert.deepEqual(
    cut.map((batches) => batches.map(({ items }) => items.length)),
    [[3, 1], [3, 1], [2]],
  );
  assert.deepEqual(
    cut.map((batches) => batches.flatMap(({ items }) => items)),
    whole.map((batches) => batches.flatMap(({ items }) => items)),
  );
  assert.deepEqual(
    cut.flat().map(({ epoch, numbers }) => [epoch, ...numbers]),
    [
      [2, 20, 21, 22],
      [2, 23],
      [2, 24, 25, 26],
      [2, 27],
      [2, 28, 29],
    ],
  );
});

test("the ranks' updates together are those of one process with all their rows, with the same numbers", () => {
  const pairs = (batches: Asked[]) =>
    batches.flatMap(({ items, numbers }) => items.map((item, index) => [numbers[index]!, item] as const));
  const ofRank = (rank: number) =>
    [
      ...epochUpdates(model, train, { ...settings, batchSize: 2 }, 1, { rank, size: 2 }),
    ] as unknown as Asked[][];
  const whole = updatesOf(1).map(pairs);
  const together = ofRank(0).map((batches, step) => pairs([...batches, ...ofRank(1)[step]!]));
  assert.deepEqual(
    together.map((some) => some.sort(([a], [b]) => a - b)),
    whole,
  );
  assert.deepEqual(
    ofRank(1).map((batches) => batches.flatMap(({ items }) => items).length),
    [2, 2, 1],
  );
});

test("balanced sampling draws as many items of a rare class as of a frequent one", () => {
  const items = updatesOf(0, { balancedSampling: true }).flatMap((batches) =>
    batches.flatMap((batch) => batch.items),
  );
  assert.equal(items.length, 10);
  assert.equal(items.filter((item) => item === 9).length, 5);
});

test("an epoch that is begun goes on with the updates that are left", () => {
  const left = [...epochUpdates(model, train, settings, 2, undefined, 1)] as unknown as Asked[][];
  assert.deepEqual(left, updatesOf(2).slice(1));
});
