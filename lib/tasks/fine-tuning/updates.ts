import { epochBatches } from "../../data/order.js";
import type { FineTuneSettings } from "./options.js";
import type { Examples, TaskModel } from "./task-model.js";

/** A batch of a task, whose kind only the task's model knows. */
export type TaskBatch = ReturnType<TaskModel["batch"]>;

/** What decides which rows an update has. */
export type UpdateSettings = Pick<
  FineTuneSettings,
  "batchSize" | "seed" | "groupByLength" | "balancedSampling"
> & { microBatchSize?: number };

/** Updates of an epoch; the last one may have fewer items than the others. */
export function updatesPerEpoch(items: number, batchSize: number): number {
  return Math.ceil(items / batchSize);
}

/**
 * The updates of one epoch, each cut into micro-batches: a function of (seed, epoch) alone.
 *
 * @param epoch from 0
 */
export function* epochUpdates(
  model: TaskModel,
  train: Examples,
  settings: UpdateSettings,
  epoch: number,
): Generator<TaskBatch[]> {
  const { batchSize, seed, groupByLength, balancedSampling, microBatchSize = batchSize } = settings;
  const classes = balancedSampling ? train.itemClasses : undefined;
  let first = epoch * train.lengths.length;
  for (const items of epochBatches(train.lengths, { batchSize, seed, epoch, groupByLength, classes })) {
    const microBatches: TaskBatch[] = [];
    for (let start = 0; start < items.length; start += microBatchSize) {
      const members = Array.from(items.subarray(start, start + microBatchSize));
      microBatches.push(model.batch(train, members, { epoch, first }));
      first += members.length;
    }
    yield microBatches;
  }
}
