import type { ClassScores } from "../../lib/metrics/classification.js";

/** The golden files keep 10 significant digits. */
export const STORED_DIGITS = { relative: 1e-9, absolute: 1e-10 };

/** Class numbers, or bits, that a golden file writes as one digit each. */
export function digits(text: string): number[] {
  return Array.from(text, Number);
}

/** Scores of a class in the golden files' order. */
export function toRow({ precision, recall, f1, support }: ClassScores): number[] {
  return [precision, recall, f1, support];
}
