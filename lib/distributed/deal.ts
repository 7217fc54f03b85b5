/** Which of how many. */
export interface Division {
  rank: number;
  size: number;
}

/** One process on its own. */
export const UNDIVIDED: Division = { rank: 0, size: 1 };

/**
 * Deals the items of a batch out to the ranks: to each as many (to within one), and as nearly as many tokens as dealing
 * can do: the longest go round first, there and back again.
 *
 * @param lengths the items' tokens
 * @returns the rank's items, in their order
 */
export function dealt(lengths: ArrayLike<number>, { rank, size }: Division): number[] {
  const items = Array.from(lengths, (_, item) => item);
  if (size === 1) return items;
  items.sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const own = items.filter((_, turn) => {
    const place = turn % (2 * size);
    return (place < size ? place : 2 * size - 1 - place) === rank;
  });
  return own.sort((a, b) => a - b);
}
