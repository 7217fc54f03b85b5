import { largestOf, type ScoredRow } from "./scored-row.js";

/** Newton's method needs fewer than ten steps; each bisection in its place halves what is left. */
const MAX_STEPS = 200;
/** A step that changes no more of the number than this is the last. */
const TOLERANCE = 1e-14;

/**
 * The temperature by which the rows' logits are divided for the lowest mean cross entropy (Guo et al., 2017, section 4.2).
 *
 * The loss is convex in 1 / temperature, with one lowest point, unless it falls for ever: where every right one has the highest
 * logit already, any lower temperature is better; where right ones have no higher logits than others on average, any higher one is.
 *
 * @returns null where there is no lowest point
 */
export function bestTemperature(rows: readonly ScoredRow[]): number | null {
  const areAllRight = rows.every(({ logits, right }) => logits[right] === largestOf(logits));
  if (areAllRight || derivatives(rows, 0).slope >= 0) return null;
  let low = 0;
  let high = 1;
  while (derivatives(rows, high).slope < 0) [low, high] = [high, 2 * high];
  let inverse = (low + high) / 2;
  for (let step = 0; step < MAX_STEPS; step++) {
    const { slope, curvature } = derivatives(rows, inverse);
    if (slope < 0) low = inverse;
    else high = inverse;
    const newton = inverse - slope / curvature;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const isLast = Math.abs(next - inverse) <= TOLERANCE * inverse;
    inverse = next;
    if (isLast) break;
  }
  return 1 / inverse;
}

/** Of the sum of the rows' cross entropies, by 1 / temperature: the mean logit less the right one, and the logits' variance. */
function derivatives(rows: readonly ScoredRow[], inverse: number): { slope: number; curvature: number } {
  let slope = 0;
  let curvature = 0;
  for (const { logits, right } of rows) {
    const largest = largestOf(logits);
    let [sum, first, second] = [0, 0, 0];
    for (let index = 0; index < logits.length; index++) {
      const logit = logits[index]! - largest;
      const power = Math.exp(inverse * logit);
      sum += power;
      first += power * logit;
      second += power * logit * logit;
    }
    const mean = first / sum;
    slope += mean - (logits[right]! - largest);
    curvature += second / sum - mean * mean;
  }
  return { slope, curvature };
}
