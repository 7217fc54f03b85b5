import { DRAWS, draw, type Key } from "./keyed-draws.js";

/** What is left of two segments: where each begins, counted from its own first token, and how long it is. */
export interface Kept {
  startA: number;
  lengthA: number;
  startB: number;
  lengthB: number;
}

/**
 * Cuts two segments to `budget` tokens in all as the original code does: the longer one (of equals, B) loses a token
 * until they fit, at its front or its back as a coin falls.
 */
export function truncatePair(lengthA: number, lengthB: number, budget: number, key: Key): Kept {
  const excess = Math.max(0, lengthA + lengthB - budget);
  const untilEqual = Math.min(excess, Math.abs(lengthA - lengthB));
  const inTurn = excess - untilEqual;
  const fromA = (lengthA > lengthB ? untilEqual : 0) + Math.floor(inTurn / 2);
  const fromB = (lengthB > lengthA ? untilEqual : 0) + Math.ceil(inTurn / 2);
  return {
    startA: heads(fromA, key, DRAWS.truncationOfA),
    lengthA: lengthA - fromA,
    startB: heads(fromB, key, DRAWS.truncationOfB),
    lengthB: lengthB - fromB,
  };
}

/** How many of `tosses` coins fall on heads. */
function heads(tosses: number, key: Key, purpose: number): number {
  let count = 0;
  for (let left = tosses, block = 0; left > 0; left -= 64, block++) {
    const [first, second] = draw(key, block, purpose);
    count += ones(first, left) + ones(second, left - 32);
  }
  return count;
}

/** How many of the lowest `bits` bits of a word are set; of all 32 if `bits` is larger. */
function ones(word: number, bits: number): number {
  if (bits <= 0) return 0;
  let rest = bits >= 32 ? word : word & ((1 << bits) - 1);
  let count = 0;
  for (; rest !== 0; rest &= rest - 1) count++;
  return count;
}
