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
  const kinds = Object.keys(counts);
  if (kinds.length === 0) return {};
  const all = tensor(
    Float32Array.from(kinds, (kind) => Math.max(1, counts[kind]!)),
    { device },
  );
  return Object.fromEntries(kinds.map((kind, index) => [kind, all.select(0, index)]));
}
