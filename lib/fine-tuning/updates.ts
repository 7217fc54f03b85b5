import { epochBatches } from "../data/order.js";
import { partitionByLength, SINGLE_PROCESS, type World } from "../distributed/partition.js";
import type { Examples, TaskBatch } from "../tasks/head.js";
import type { TaskModel } from "../tasks/task-model.js";
import type { PreparedRun } from "./prepare-run.js";

/** What decides which rows an update has. */
export interface UpdateSettings {
  batchSize: number;
  /** Default: the whole batch */
  microBatchSize?: number;
  seed: number;
  groupByLength: boolean;
  balancedSampling?: boolean;
}

/** The same of a run, for one of its seeds. */
export function updateSettingsOf(
  { settings, microBatchSize }: Pick<PreparedRun, "settings" | "microBatchSize">,
  seed: number,
): UpdateSettings {
  const { batchSize, groupByLength, balancedSampling } = settings;
  return { batchSize, groupByLength, balancedSampling, microBatchSize, seed };
}

/** Updates of an epoch; the last one may have fewer items than the others. */
export function updatesPerEpoch(items: number, batchSize: number): number {
  return Math.ceil(items / batchSize);
}

/** Updates of so many epochs, of which the last may be a part of one; at least one. */
export function updatesOf(epochs: number, perEpoch: number): number {
  return Math.max(1, Math.round(epochs * perEpoch));
}

/** The shortest number of epochs that is exactly so many updates. */
export function epochsOf(updates: number, perEpoch: number): number {
  for (let digits = 0; ; digits++) {
    const epochs = Number((updates / perEpoch).toFixed(digits));
    if (epochs > 0 && updatesOf(epochs, perEpoch) === updates) return epochs;
  }
}

/**
 * The updates of one epoch, each cut into micro-batches: a function of (seed, epoch) alone.
 *
 * @param epoch from 0
 * @param world which part of every batch to make; default: all of it
 * @param made how many of its updates are made already
 */
export function* epochUpdates(
  model: Pick<TaskModel, "batch">,
  train: Examples,
  settings: UpdateSettings,
  epoch: number,
  world: World = SINGLE_PROCESS,
  made = 0,
): Generator<TaskBatch[]> {
  const { seed, groupByLength, balancedSampling, microBatchSize = settings.batchSize } = settings;
  const batchSize = settings.batchSize * world.size;
  const classes = balancedSampling ? train.itemClasses : undefined;
  let first = epoch * train.lengths.length;
  const { textsOf } = train;
  const order = { batchSize, seed, epoch, groupByLength, classes, textsOf };
  for (const [update, items] of epochBatches(train.lengths, order).entries()) {
    if (update < made) {
      first += items.length;
      continue;
    }
    const lengths = Array.from(items, (item) => train.lengths[item]!);
    const own = partitionByLength(lengths, world);
    const microBatches: TaskBatch[] = [];
    for (let start = 0; start < own.length; start += microBatchSize) {
      const members = own.slice(start, start + microBatchSize);
      const numbers = members.map((index) => first + index);
      const some = members.map((index) => items[index]!);
      microBatches.push(model.batch(train, some, { seed, epoch, numbers }));
    }
    first += items.length;
    yield microBatches;
  }
}
