import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskModel } from "../../../lib/tasks/fine-tuning/task-model.js";
import { epochUpdates } from "../../../lib/tasks/fine-tuning/updates.js";

/** Batches that show what they were asked for. */
interface Asked {
  items: readonly number[];
  epoch: number;
  first: number;
}

const model = {
  batch: (_: unknown, items: readonly number[], place: object) => ({ items, ...place }),
} as unknown as TaskModel;

const train = {
  rows: 10,
  lengths: new Int32Array(10).fill(5),
  itemClasses: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
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
    cut.flat().map(({ epoch, first }) => [epoch, first]),
    [
      [2, 20],
      [2, 23],
      [2, 24],
      [2, 27],
      [2, 28],
    ],
  );
});

test("balanced sampling draws as many items of a rare class as of a frequent one", () => {
  const items = updatesOf(0, { balancedSampling: true }).flatMap((batches) =>
    batches.flatMap((batch) => batch.items),
  );
  assert.equal(items.length, 10);
  assert.equal(items.filter((item) => item === 9).length, 5);
});
