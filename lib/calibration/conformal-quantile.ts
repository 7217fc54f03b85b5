import { LibbertError } from "../errors.js";

/** What products such as 0.7 * 10 = 7.000000000000001 are off by, and more. */
const ROUNDING = 1e-9;

/**
 * The score that the next row's does not exceed, with the wanted probability, where all rows come from the same source in any order: of n
 * scores the ⌈(n + 1) coverage⌉-th smallest (Vovk et al., 2005; split conformal prediction).
 *
 * @throws LibbertError ERR_DATA for fewer rows than any such score needs
 */
export function conformalQuantile(scores: readonly number[], coverage: number): number {
  const rank = Math.ceil((scores.length + 1) * coverage - ROUNDING);
  if (rank <= scores.length) return [...scores].sort((a, b) => a - b)[rank - 1]!;
  const fewest = Math.ceil(coverage / (1 - coverage) - ROUNDING);
  throw new LibbertError(
    "ERR_DATA",
    `Expected at least ${fewest} rows to calibrate on, which a coverage of ${coverage} needs, but received ${scores.length}`,
  );
}
