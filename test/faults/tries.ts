/**
 * How often a test of drawn faults tries: a little in `npm test`, much in `npm run test:faults`, which runs the same
 * tests with `LIBBERT_FAULTS=long`.
 */
export function tries(short: number, long: number): number {
  return process.env.LIBBERT_FAULTS === "long" ? long : short;
}
