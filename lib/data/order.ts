import { groupsOf, range } from "../arrays.js";
import { CounterRandom } from "../counter-random.js";
import { withTextsApart } from "./texts-apart.js";

/** Which order `epochBatches()` gives the rows of an epoch. */
export interface OrderOptions {
  /** Rows of a batch; the epoch's last may have fewer. */
  batchSize: number;
  /** Source of the order: the same seed and epoch give the same batches. */
  seed: number;
  /** Counted from 0. */
  epoch: number;
  /** Put rows of similar length into one batch. Default: false. */
  groupByLength?: boolean;
  /** The numbers of a row's texts: given, rows of one batch have none in common, where there are enough others. */
  textsOf?(row: number): ArrayLike<number>;
  /** The class of each row: given, the rows are drawn so that each class comes equally often. */
  classes?: ArrayLike<number>;
}

/** How many batches' worth of shuffled rows are sorted by length together: longer sorts better, shuffles worse. */
const BATCHES_PER_SORT = 50;

/** Streams of the seed from here on draw rows of classes; those below shuffle. */
const FIRST_DRAWING_STREAM = 2 ** 31;

/**
 * The batches of one epoch: row indices, each row once, in an order that depends on (seed, epoch) alone. Only the
 * last cut of the rows makes a batch of less than `batchSize`.
 *
 * With `classes` the epoch is as long, but its rows are drawn with replacement, from each class as many (to within
 * one): rows of a rare class come several times, those of a frequent one not always.
 *
 * @param lengths the rows' lengths in tokens; their number is the number of rows
 */
export function epochBatches(lengths: ArrayLike<number>, options: OrderOptions): Int32Array[] {
  const { batchSize, textsOf } = options;
  const batches = shuffledBatches(lengths, options);
  if (textsOf === undefined) return batches;
  return cut(
    withTextsApart(Int32Array.from(batches.flatMap((batch) => [...batch])), batchSize, textsOf),
    batchSize,
  );
}

function shuffledBatches(lengths: ArrayLike<number>, options: OrderOptions): Int32Array[] {
  const { batchSize, seed, epoch, groupByLength = false, classes } = options;
  const rows = classes
    ? drawFromClasses(classes, seed, epoch)
    : Int32Array.from({ length: lengths.length }, (_, row) => row);
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

/** As many rows as there are, the classes in turn; which class has one row more changes with the epoch. */
function drawFromClasses(classes: ArrayLike<number>, seed: number, epoch: number): Int32Array {
  const members = groupsOf(range(0, classes.length), (row) => classes[row]!);
  const random = new CounterRandom(seed, FIRST_DRAWING_STREAM + epoch);
  return Int32Array.from({ length: classes.length }, (_, index) => {
    const own = members[(index + epoch) % members.length]!;
    return own[Math.floor(random.uniform(index) * own.length)]!;
  });
}

function cut(rows: Int32Array, size: number): Int32Array[] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, piece) =>
    rows.subarray(piece * size, (piece + 1) * size),
  );
}
