/** More ids than any vocabulary has; two of them fit a double exactly. */
const IDS = 2 ** 26;

/** Two pieces side by side as one number. Pairs are in the order of these numbers: by left id, then by right id. */
export type Pair = number;

export function pairOf(left: number, right: number): Pair {
  return left * IDS + right;
}

export function partsOf(pair: Pair): [left: number, right: number] {
  return [Math.floor(pair / IDS), pair % IDS];
}
