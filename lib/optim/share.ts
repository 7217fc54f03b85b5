import type { Tensor } from "../tensor/tensor.js";
import type { FlatParameters, ParameterGroup } from "./flat-parameters.js";

/** A stretch of a parameter group's flat buffers. */
export interface Piece {
  group: ParameterGroup;
  start: number;
  length: number;
  /** Whether sums over the ranks count it here: of what several ranks have, one counts it. */
  isCounted: boolean;
}

/** What an optimizer updates: all parameters, or where ranks divide the work one rank's share of them. */
export interface Share {
  pieces: readonly Piece[];
  /** Makes `x` its sum over the ranks. */
  sum(x: Tensor): void;
}

/** All parameters, a piece for each group. */
export function everythingOf({ groups }: FlatParameters): Share {
  const pieces = groups.map((group) => ({
    group,
    start: 0,
    length: group.master.size,
    isCounted: true,
  }));
  return { pieces, sum: () => {} };
}

/** A piece of one of its group's buffers, as a view. */
export function stretchOf(buffer: Tensor, { start, length }: Pick<Piece, "start" | "length">): Tensor {
  return buffer.narrow(0, start, length);
}
