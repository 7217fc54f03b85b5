import { meanOf } from "../arrays.js";

/**
 * Linear correlation, as `scipy.stats.pearsonr`.
 *
 * @returns null, where scipy has NaN, when all values of either side are the same (a single row among them): it has no
 *   variation that could go with the other's
 */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  if (isConstant(a) || isConstant(b)) return null;
  const [left, right] = [standardised(a), standardised(b)];
  const correlation = left.reduce((sum, value, row) => sum + value * right[row]!, 0);
  return Math.max(-1, Math.min(1, correlation)); // rounding can lead out of the range
}

/**
 * Correlation of ranks, as `scipy.stats.spearmanr`: equal values share the mean of their ranks.
 *
 * @returns null when all values of either side are the same, as `pearson`
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  return pearson(averageRanks(a), averageRanks(b));
}

/**
 * How far apart each row's ranks on two sides are, as a share of the rows: 0 where both have it at the same place, 1 where it is one's
 * first and the other's last. What a correlation of ranks is less than 1 by is made of their squares.
 */
export function rankGaps(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const others = averageRanks(b);
  const furthest = Math.max(1, a.length - 1);
  return averageRanks(a).map((rank, row) => Math.abs(rank - others[row]!) / furthest);
}

function isConstant(values: ArrayLike<number>): boolean {
  return Array.from(values).every((value) => value === values[0]);
}

/** The values less their mean, divided by their norm. */
function standardised(values: ArrayLike<number>): Float64Array {
  const centred = Float64Array.from(values);
  const mean = meanOf(centred);
  const largest = centred.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
  // By the largest first, because squares of very small or large values would leave the range of numbers.
  for (let row = 0; row < centred.length; row++) centred[row] = (centred[row]! - mean) / largest;
  const norm = Math.sqrt(centred.reduce((sum, value) => sum + value ** 2, 0));
  return centred.map((value) => value / norm);
}

/** Places in the sorted order, from 1. */
function averageRanks(values: ArrayLike<number>): Float64Array {
  const order = Int32Array.from({ length: values.length }, (_, row) => row);
  order.sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    const rank = (start + 1 + end) / 2; // the mean of start + 1 to end
    for (const row of order.subarray(start, end)) ranks[row] = rank;
    start = end;
  }
  return ranks;
}
