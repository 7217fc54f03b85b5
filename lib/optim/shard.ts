import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { FlatParameters } from "./flat-parameters.js";
import type { ParameterGroup } from "./parameter-group.js";

/** A range of a parameter group's flat buffers. */
export interface Slice {
  /** The one whose buffers they are. */
  group: ParameterGroup;
  /** The first element. */
  start: number;
  /** How many elements. */
  length: number;
  /** Whether sums over the ranks count it here: of what several ranks have, one counts it. */
  isCounted: boolean;
}

/** What an optimizer updates: all parameters, or where ranks divide the work one rank's shard of them. */
export interface OptimizerShard {
  /** Ranges of the groups' buffers: all of each, or this rank's part. */
  slices: readonly Slice[];
  /** Makes `x` its sum over the ranks. */
  sum(x: Tensor): void;
}

/** All parameters, a slice for each group. */
export function wholeShard({ groups }: FlatParameters): OptimizerShard {
  const slices = groups.map((group) => ({
    group,
    start: 0,
    length: group.master.size,
    isCounted: true,
  }));
  return { slices, sum: () => {} };
}

/** A slice of one of its group's buffers, as a view. */
export function sliceOf(buffer: Tensor, { start, length }: Pick<Slice, "start" | "length">): Tensor {
  return buffer.narrow(0, start, length);
}

/** Makes the model compute with the slice's masters, after they changed. */
export function refreshWeight(slice: Slice): void {
  const { master, weight } = slice.group;
  if (weight !== master) scope(() => sliceOf(weight, slice).copy_(sliceOf(master, slice)));
}
