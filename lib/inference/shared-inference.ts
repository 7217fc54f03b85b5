import type { ProcessGroup } from "../distributed/group.js";
import { partitionByLength } from "../distributed/partition.js";
import type { PackableSequence } from "../models/packing.js";
import { tensor } from "../tensor/create.js";

/**
 * Inference on the ranks together: each computes the sequences that `partitionByLength` gives it, and all get every
 * output, so that metrics are computed from all rows and are the same everywhere.
 *
 * @param sequences the same on every rank
 */
export async function inferTogether(
  sequences: readonly PackableSequence[],
  group: ProcessGroup,
  infer: (some: readonly PackableSequence[]) => Promise<Float32Array[]>,
): Promise<Float32Array[]> {
  const items = partitionByLength(
    sequences.map(({ inputIds }) => inputIds.length),
    group,
  );
  const outputs = await infer(items.map((item) => sequences[item]!));
  const sizes = new Array<number>(sequences.length).fill(0);
  for (const [index, item] of items.entries()) sizes[item] = outputs[index]!.length;
  const ends = runningSums(group.sum(sizes));

  // Where the others' outputs go are zeros: the sum over the ranks puts all together.
  const own = new Float32Array(ends.at(-1) ?? 0);
  for (const [index, item] of items.entries()) own.set(outputs[index]!, ends[item]! - sizes[item]!);
  using sum = tensor(own);
  group.allReduce(sum);
  const all = sum.toFloat32Array();
  return ends.map((end, item) => all.slice(item === 0 ? 0 : ends[item - 1]!, end));
}

function runningSums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}
