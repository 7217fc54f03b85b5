import { epochBatches } from "../../data/order.js";
import { type Division, dealt, UNDIVIDED } from "../../distributed/deal.js";
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
 * @param division which share of every batch to make; default: all of it
 */
export function* epochUpdates(
  model: TaskModel,
  train: Examples,
  settings: UpdateSettings,
  epoch: number,
  division: Division = UNDIVIDED,
): Generator<TaskBatch[]> {
  const { seed, groupByLength, balancedSampling, microBatchSize = settings.batchSize } = settings;
  const batchSize = settings.batchSize * division.size;
  const classes = balancedSampling ? train.itemClasses : undefined;
  let first = epoch * train.lengths.length;
  for (const items of epochBatches(train.lengths, { batchSize, seed, epoch, groupByLength, classes })) {
    const own = dealt(
      Array.from(items, (item) => train.lengths[item]!),
      division,
    );
    const microBatches: TaskBatch[] = [];
    for (let start = 0; start < own.length; start += microBatchSize) {
      const members = own.slice(start, start + microBatchSize);
      const numbers = members.map((index) => first + index);
      microBatches.push(
        model.batch(
          train,
          members.map((index) => items[index]!),
          { epoch, numbers },
        ),
      );
    }
    first += items.length;
    yield microBatches;
  }
}
