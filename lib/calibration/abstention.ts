/** Two-sided 95%: of a normal distribution, so many deviations. */
const DEVIATIONS = 1.959963984540054;

/** From which score on a prediction is to be used. */
export interface Abstention {
  /** The share of right predictions that was wanted. */
  precision: number;
  /** The lowest score of a prediction that is used. */
  threshold: number;
  /** Validation rows whose predictions are used. */
  used: number;
  /** How many of those are predicted right. */
  right: number;
  /** `used` as a share of all validation rows, from 0 to 1. */
  share: number;
  /** Between which precisions so many rows leave it, with 95% confidence (Wilson, 1927). */
  precisionBetween: [low: number, high: number];
}

/** What the predictions that are used come to on some rows. */
export interface AbstentionFigures {
  /** Rows whose score reaches the threshold. */
  used: number;
  /** `used` as a share of all rows, from 0 to 1. */
  share: number;
  /** Of those used; null without any. */
  precision: number | null;
}

/**
 * The lowest threshold that leaves predictions of which at least the wanted share is right: the most of them.
 *
 * @param scores of each row's prediction
 * @param isRight whether it is right
 * @returns null where no threshold does
 */
export function abstentionFor(
  precision: number,
  scores: ArrayLike<number>,
  isRight: ArrayLike<boolean>,
): Abstention | null {
  const rows = Array.from(scores, (score, row) => ({ score, isRight: isRight[row]! }));
  rows.sort((a, b) => b.score - a.score);
  let right = 0;
  let best: Pick<Abstention, "threshold" | "used" | "right"> | null = null;
  for (const [index, row] of rows.entries()) {
    if (row.isRight) right++;
    if (rows[index + 1]?.score === row.score) continue; // equal scores are on the same side of every threshold
    const used = index + 1;
    if (right >= precision * used) best = { threshold: row.score, used, right };
  }
  if (best === null) return null;
  const precisionBetween = wilsonInterval(best.right, best.used);
  return { precision, ...best, share: best.used / rows.length, precisionBetween };
}

/** How far a threshold keeps what it promises, on rows that it was not chosen by. */
export function abstentionFigures(
  { threshold }: Abstention,
  scores: ArrayLike<number>,
  isRight: ArrayLike<boolean>,
): AbstentionFigures {
  const rights = Array.from(isRight).filter((_, row) => scores[row]! >= threshold);
  const used = rights.length;
  const right = rights.filter(Boolean).length;
  return { used, share: used / scores.length, precision: used === 0 ? null : right / used };
}

function wilsonInterval(right: number, count: number): [low: number, high: number] {
  const share = right / count;
  const squared = DEVIATIONS ** 2 / count;
  const middle = (share + squared / 2) / (1 + squared);
  const half = Math.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
