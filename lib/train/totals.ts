import { tensor } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";

/** How many losses of each kind (examples, masked words, …) something counts. */
export type Counts = Readonly<Record<string, number>>;

/**
 * What losses are divided by, of each kind: the counts of a whole update, or 1 where nothing counts. float32 [] on the device of the
 * parameters: numbers that change with the update are where its operators read them.
 */
export type Totals = Readonly<Record<string, Tensor>>;

/** The counts of an update as its losses take them. */
export function totalsOn(device: string, counts: Counts): Totals {
  const numbers = totalNumbers(counts);
  return numbers.length === 0 ? {} : totalsIn(tensor(numbers, { device }), counts);
}

/** What losses of each kind are divided by. */
export function totalNumbers(counts: Counts): Float32Array {
  return Float32Array.from(Object.values(counts), (count) => Math.max(1, count));
}

/** Totals of the kinds of `counts` that lie in one tensor, as `totalNumbers` has them. */
export function totalsIn(all: Tensor, counts: Counts): Totals {
  return Object.fromEntries(Object.keys(counts).map((kind, index) => [kind, all.select(0, index)]));
}
