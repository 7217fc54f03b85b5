/** How many values lie in which range. */
export interface Histogram {
  min: number;
  max: number;
  /** Of all values that are finite. */
  count: number;
  sum: number;
  sumOfSquares: number;
  /** The upper limit of each bucket, rising. */
  limits: readonly number[];
  counts: readonly number[];
}

/** As many as TensorBoard draws. */
const BUCKETS = 30;
/** Of float64: what is less has lost digits, and multiples of it miss their place. */
const SMALLEST_NORMAL = 2 ** -1022;

/** Buckets of one width from the least value to the greatest. Values that are not finite have no place. */
export function histogramOf(values: Float64Array): Histogram {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [count, sum, sumOfSquares] = [0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    count++;
    sum += value;
    sumOfSquares += value * value;
  }
  if (count === 0) return { min: 0, max: 0, count, sum, sumOfSquares, limits: [], counts: [] };
  return { min, max, count, sum, sumOfSquares, ...bucketsOf(values, min, max) };
}

/** One bucket where all values are the same, or too near for several. */
function bucketsOf(values: Float64Array, min: number, max: number): Pick<Histogram, "limits" | "counts"> {
  const buckets = (max - min) / BUCKETS >= SMALLEST_NORMAL ? BUCKETS : 1;
  const width = (max - min) / buckets;
  const counts = new Array<number>(buckets).fill(0);
  const bucketOf = (value: number) =>
    width > 0 ? Math.min(buckets - 1, Math.floor((value - min) / width)) : 0;
  for (const value of values) if (Number.isFinite(value)) counts[bucketOf(value)]!++;
  const limits = counts.map((_, bucket) => (bucket === buckets - 1 ? max : min + (bucket + 1) * width));
  return { limits, counts };
}
