import type { Row } from "./readers/row.js";

const NEGATIVE = /^negative(_\d+|s)?$/;

/** The columns of texts that are wrong for a row's anchor or query: `negative`, `negative_1` and so on, and `negatives`, an array. */
export function negativeColumns({ fields }: Row): string[] {
  return Object.keys(fields).filter((name) => NEGATIVE.test(name));
}
