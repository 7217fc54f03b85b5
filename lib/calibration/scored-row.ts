/** What a model says of one decision, and what is right. */
export interface ScoredRow {
  /** Of what is chosen from: logits, or anything that differs from them by a constant, such as log-probabilities. */
  logits: ArrayLike<number>;
  /** Which of them is right. */
  right: number;
}

/** The log-probabilities that logits stand for: their log-softmax, each divided by the temperature first. */
export function logProbabilitiesOf(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const largest = largestOf(logits);
  const scaled = Float64Array.from(logits, (logit) => (logit - largest) / temperature);
  const logSum = Math.log(scaled.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return scaled.map((logit) => logit - logSum);
}

/** The probabilities themselves. */
export function probabilitiesOf(logits: ArrayLike<number>, temperature = 1): Float64Array {
  return logProbabilitiesOf(logits, temperature).map(Math.exp);
}

/** `Math.max(...logits)`, of any number of them. */
export function largestOf(logits: ArrayLike<number>): number {
  let largest = logits[0]!;
  for (let index = 1; index < logits.length; index++) if (logits[index]! > largest) largest = logits[index]!;
  return largest;
}
