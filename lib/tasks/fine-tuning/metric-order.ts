import { expected } from "../../errors.js";
import type { Evaluation } from "./progress.js";

/** Figures of which less is better; of all others more is. */
const LOWER_IS_BETTER = new Set(["loss", "perplexity", "meanSquaredError"]);

/** @throws ERR_OPTION when the task's evaluation has no such figure */
export function checkMetric(metric: string, known: readonly string[]): string {
  if (known.includes(metric)) return metric;
  throw expected(`one of ${known.join(", ")}`, "metric", metric);
}

/** Whether a figure is better than another. Any number is better than none. */
export function isBetter(metric: string, value: number, than: number): boolean {
  if (Number.isNaN(than)) return !Number.isNaN(value);
  return LOWER_IS_BETTER.has(metric) ? value < than : value > than;
}

export function metricOf(evaluation: Evaluation, metric: string): number {
  return (evaluation as unknown as Record<string, number>)[metric] ?? Number.NaN;
}
