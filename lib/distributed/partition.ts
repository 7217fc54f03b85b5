/** A process among those that share the work; a `ProcessGroup` is one. */
export interface World {
  /** Which it is, from 0. */
  rank: number;
  /** How many there are. */
  size: number;
}

/** One process on its own. */
export const SINGLE_PROCESS: World = { rank: 0, size: 1 };

/**
 * Deals the items of a batch out to the ranks: to each as many (to within one), and as nearly as many tokens as dealing
 * can do: the longest go round first, there and back again.
 *
 * @param lengths the items' tokens
 * @returns the rank's items, in their order
 */
export function partitionByLength(lengths: ArrayLike<number>, { rank, size }: World): number[] {
  const items = Array.from(lengths, (_, item) => item);
  if (size === 1) return items;
  items.sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const own = items.filter((_, turn) => {
    const step = turn % (2 * size);
    return (step < size ? step : 2 * size - 1 - step) === rank;
  });
  return own.sort((a, b) => a - b);
}
