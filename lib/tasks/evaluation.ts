/** Figures of an evaluation, which each task extends. */
export interface Evaluation {
  /** How many rows the figures are of. */
  rows: number;
  /** What lies behind the figures, such as a confusion matrix; the course of a training does not keep it. */
  report?: object;
}

/** One figure of an evaluation; NaN where there is none. */
export function figureOf(evaluation: Evaluation, name: string): number {
  return (evaluation as unknown as Record<string, number | null | undefined>)[name] ?? Number.NaN;
}
