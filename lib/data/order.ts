import { CounterRandom } from "../counter-random.js";

export interface OrderOptions {
  batchSize: number;
  seed: number;
  /** Counted from 0. */
  epoch: number;
  /** Put rows of similar length into one batch. Default: false. */
  groupByLength?: boolean;
}

/** How many batches' worth of shuffled rows are sorted by length together: longer sorts better, shuffles worse. */
const BATCHES_PER_SORT = 50;

/**
 * The batches of one epoch: row indices, each row once, in an order that depends on (seed, epoch) alone. Only the
 * last cut of the rows makes a batch of less than `batchSize`.
 *
 * @param lengths the rows' lengths in tokens; their number is the number of rows
 */
export function epochBatches(lengths: ArrayLike<number>, options: OrderOptions): Int32Array[] {
  const { batchSize, seed, epoch, groupByLength = false } = options;
  const rows = Int32Array.from({ length: lengths.length }, (_, row) => row);
  new CounterRandom(seed, 2 * epoch).shuffle(rows);
  if (!groupByLength) return cut(rows, batchSize);

  const batches = cut(rows, batchSize * BATCHES_PER_SORT).flatMap((megaBatch) =>
    cut(
      megaBatch.sort((a, b) => lengths[a]! - lengths[b]!),
      batchSize,
    ),
  );
  const batchOrder = Int32Array.from(batches.keys());
  new CounterRandom(seed, 2 * epoch + 1).shuffle(batchOrder);
  return Array.from(batchOrder, (batch) => batches[batch]!);
}

function cut(rows: Int32Array, size: number): Int32Array[] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, piece) =>
    rows.subarray(piece * size, (piece + 1) * size),
  );
}
