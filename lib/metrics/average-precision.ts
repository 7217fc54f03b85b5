/**
 * The area below precision by recall, as scikit-learn's `average_precision_score`: equal scores count as one step. 0 without any positive.
 *
 * @param scores the higher, the likelier positive
 * @param isPositive one a score
 */
export function averagePrecision(scores: ArrayLike<number>, isPositive: ArrayLike<boolean>): number {
  const order = Array.from(scores, (_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
  const positives = order.filter((row) => isPositive[row]).length;
  let [found, sum] = [0, 0];
  for (let start = 0; start < order.length; ) {
    const before = found;
    let end = start;
    for (; end < order.length && scores[order[end]!] === scores[order[start]!]; end++)
      if (isPositive[order[end]!]) found++;
    sum += ((found - before) * found) / end;
    start = end;
  }
  return positives === 0 ? 0 : sum / positives;
}
