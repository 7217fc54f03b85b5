import { meanOf } from "../arrays.js";

/** A figure over several runs, such as those of several seeds. */
export interface Spread {
  /** The arithmetic mean. */
  mean: number;
  /** The sample standard deviation, which divides by one less than there are values; null for a single one. */
  deviation: number | null;
}

export function spread(values: readonly number[]): Spread {
  const mean = meanOf(values);
  if (values.length === 1) return { mean, deviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}
